"""Files of the simulated Dinero. How a row of the list is called is not documented: the names here are assumed."""

import uuid

from .server import ApiError

MAX_BYTES = 6 * 1024 * 1024


class DineroFiles:
    """Mixin: files are stored first and put to a voucher then. ``files_tell_names``: whether the list does."""

    files_tell_names = True

    def upload_file(self, organisation, _query, body):
        if not isinstance(body, dict) or not isinstance(body.get("content"), bytes):
            raise ApiError(400, {"code": 42, "message": "No file"})
        if len(body["content"]) > MAX_BYTES:
            raise ApiError(413, {"message": "The file is too large"})
        if body["type"] not in ("application/pdf", "image/jpeg", "image/png", "image/gif"):
            raise ApiError(400, {"code": 42, "message": "Only images and PDF"})
        guid = str(uuid.uuid4())
        organisation.files[guid] = {"name": body["name"], "content": body["content"], "linked": []}
        return 201, {"FileGuid": guid}

    def list_files(self, organisation, query, _body):
        status = query.get("fileStatus") or "All"
        rows = []
        for guid, file in organisation.files.items():
            if status == "All" or bool(file["linked"]) == (status == "Used"):
                row = {"FileGuid": guid, "Linked": [{"VoucherGuid": one} for one in file["linked"]]}
                rows.append(row | ({"FileName": file["name"]} if self.files_tell_names else {}))
        return 200, rows

    def read_file(self, organisation, _query, _body, guid):
        if guid not in organisation.files:
            raise ApiError(404, {"code": 40, "message": "Not found"})
        return 200, organisation.files[guid]["content"]

    def attach_file(self, organisation, _query, _body, document, guid, _name):
        documents = [*organisation.invoices, *organisation.creditnotes, *organisation.manuals, *organisation.purchases]
        if guid not in organisation.files or document not in documents:
            raise ApiError(404, {"code": 40, "message": "Not found"})
        if document in organisation.files[guid]["linked"]:
            raise ApiError(400, {"code": 42, "message": "The file is attached already"})
        organisation.files[guid]["linked"].append(document)
        return 200, None


_GUID = r"/([0-9a-fA-F-]{36})"
ROUTES = [
    (r"/files", "POST", ("v1",), DineroFiles.upload_file),
    (r"/files", "GET", ("v1",), DineroFiles.list_files),
    (r"/files" + _GUID, "GET", ("v1",), DineroFiles.read_file),
    (r"/attachments" + _GUID + _GUID + r"/([\w.%-]+)", "POST", ("v1",), DineroFiles.attach_file),
]
