"""Files that came zipped (names beginning with Z at the operator's exchange): unpacked within limits.

What the operator's own archives hold is not described anywhere: whatever is in one is read as if it had come by itself.
"""

import io
import zipfile

from odoo.addons.list_reader.formats.tables import BROKEN_ZIP, ZIP

from .errors import DeliveryError
from .records import MAX_BYTES

MOST_FILES = 20
#: Bit 0 of a member's flags: it is encrypted.
ENCRYPTED = 1


def is_zip(data: bytes) -> bool:
    """Whether the file is a zip archive."""
    return data.startswith(ZIP)


def unpack(data: bytes) -> list[tuple[str, bytes]]:
    """``[(name, content)]`` of the files in an archive, in their order.

    Sizes are counted while unpacking, not taken from the archive: one that is made to fill the memory is refused.

    :raises DeliveryError: damaged, encrypted, empty, too many files, or too big when unpacked
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_members(members)
            return _contents(archive, members)
    except DeliveryError:
        raise
    except (*BROKEN_ZIP, ValueError) as error:
        raise DeliveryError(0, "", "zip_broken") from error


def _check_members(members):
    if not members:
        raise DeliveryError(0, "", "zip_empty")
    if len(members) > MOST_FILES:
        raise DeliveryError(0, "", "zip_files", count=len(members), most=MOST_FILES)
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise DeliveryError(0, "", "zip_encrypted")


def _contents(archive, members):
    found, room = [], MAX_BYTES
    for member in members:
        with archive.open(member) as file:
            content = file.read(room + 1)
        if len(content) > room:
            raise DeliveryError(0, "", "zip_size", most=MAX_BYTES // 1024 // 1024)
        room -= len(content)
        found.append((member.filename.replace("\\", "/").rsplit("/", 1)[-1], content))
    return found
