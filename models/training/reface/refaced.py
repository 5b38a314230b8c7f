"""The refaced scans of a project, for measuring: who, with which method, where."""

import sqlite3
from pathlib import Path


def refaced(project, method):
    """[(name of the source file without ending, folder of the attempt)] of the last attempt with a method on each scan."""
    db = sqlite3.connect(f"file:{project}/catalog.sqlite?mode=ro", uri=True)
    rows = db.execute(
        """SELECT f.path, d.folder, max(d.id) FROM derivative d JOIN instance i ON i.series_id = d.series_id
           JOIN source_file f ON f.id = i.file_id WHERE d.method = ? GROUP BY d.series_id ORDER BY f.path""",
        (method,),
    ).fetchall()
    return [(Path(path).name.split(".")[0], Path(project) / folder) for path, folder, _ in rows]
