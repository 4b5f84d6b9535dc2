"""``python -m bench.read_alone N``: pages a second that BeautifulSoup on lxml and mf2py read, with nothing round it."""

from __future__ import annotations

import sys
import time

import mf2py
from bs4 import BeautifulSoup

from bench import pages


def read() -> None:
    """One page: is the link there, and what does its h-entry say?"""
    document = BeautifulSoup(pages.WITH, "lxml")
    assert any(link.get("href") == pages.TARGET for link in document.find_all("a"))
    assert mf2py.Parser(doc=document, url="https://reader.example/").to_dict()["items"]


def main() -> None:
    read()
    number = int(sys.argv[1])
    began = time.perf_counter()
    for _ in range(number):
        read()
    print(number / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
