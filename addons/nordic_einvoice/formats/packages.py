"""What comes wrapped: zip files of many documents, and Peppol's envelope around one."""

import io
import zipfile

from . import codes
from .records import EInvoiceError
from .xml import local_name, namespace

MAX_FILES = 2000
MAX_TOTAL = 256 * 1024 * 1024
ZIP = b"PK\x03\x04"


def is_zip(data):
    """Whether it is a zip file of documents, and no office document (which is a zip file, too)."""
    if not data.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return False
    return not names & {"[Content_Types].xml", "mimetype"}


def members(data):
    """``[(name, bytes)]`` of a zip file; folders and hidden files are left out.

    :raises EInvoiceError: damaged, locked with a password, or too large when unpacked
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [
                info
                for info in archive.infolist()
                if not info.is_dir()
                and not any(part.startswith((".", "__MACOSX")) for part in info.filename.split("/"))
            ]
            if len(infos) > MAX_FILES:
                raise EInvoiceError(f"The zip file has more than {MAX_FILES} files.", code="zip_many")
            found, left = [], MAX_TOTAL
            for info in infos:
                with archive.open(info) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise EInvoiceError(
                        f"Unpacked, the zip file has more than {MAX_TOTAL // 2**20} MB.", code="zip_large"
                    )
                found.append((info.filename.rpartition("/")[2], content))
            return found
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, EInvoiceError):
            raise
        raise EInvoiceError("The zip file is damaged or locked with a password.", code="zip_broken") from None
    except Exception as error:  # zlib.error and its like
        raise EInvoiceError("The zip file is damaged or locked with a password.", code="zip_broken") from error


def payload(root):
    """The document inside Peppol's envelope (StandardBusinessDocument), or the root itself.

    :raises EInvoiceError: there are several documents in it, or none
    """
    if local_name(root) != "StandardBusinessDocument":
        return root
    found = [child for child in root if namespace(child).startswith(codes.NS_UBL)]
    if len(found) != 1:
        raise EInvoiceError(
            f"The envelope holds {len(found)} documents; it must be one.", "StandardBusinessDocument", code="several"
        )
    return found[0]
