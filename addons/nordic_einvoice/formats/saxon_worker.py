"""Child process that runs the official rules: one JSON request per line on stdin, one JSON answer per line on stdout.

Run by path, never imported by Odoo: SaxonC can end its process when it is used from several threads, and a crash
here must not take the server along. Request: ``{"stylesheet": path, "document": base64}``. Answer: ``{"failed":
[{"rule", "flag", "location", "message"}]}`` or ``{"error": text}``.
"""

import base64
import json
import re
import sys

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
# Saxon writes a location as /*:Invoice[namespace-uri()='...'][1]/*:LegalMonetaryTotal[...][1]
_NAMESPACE = re.compile(r"\[namespace-uri\(\)='[^']*'\]")


def short_location(location):
    return _NAMESPACE.sub("", location).replace("*:", "")


def answer_for(processor, compiled, request):
    from lxml import etree

    stylesheet = request["stylesheet"]
    if stylesheet not in compiled:
        xslt = processor.new_xslt30_processor()
        compiled[stylesheet] = xslt.compile_stylesheet(stylesheet_file=stylesheet)
    document = base64.b64decode(request["document"]).decode()
    report = compiled[stylesheet].transform_to_string(xdm_node=processor.parse_xml(xml_text=document))
    failed = []
    for element in etree.fromstring(report.encode()).iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"):
        failed.append(
            {
                "rule": element.get("id") or "",
                "flag": element.get("flag") or element.get("role") or "fatal",
                "location": short_location(element.get("location") or ""),
                "message": " ".join("".join(element.itertext()).split()),
            }
        )
    return {"failed": failed}


def main():
    from saxonche import PySaxonProcessor

    compiled = {}
    with PySaxonProcessor(license=False) as processor:
        # the rules read files of their own package; a document must not fetch anything
        processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
        for line in sys.stdin:
            try:
                answer = answer_for(processor, compiled, json.loads(line))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
