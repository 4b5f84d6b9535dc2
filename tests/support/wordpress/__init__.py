"""A real WordPress: Debian's, on PHP's own server and a MariaDB of its own, in a folder that goes with the tests.

It is installed by its own installer and written to by its own XML-RPC, as a desktop editor does. Changed is one
thing in the copy, ``loopback.php``: it may fetch from loopback addresses and from any port there.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.programs import missing, program, running
from tests.support.waiting import answers, free_port, until

HERE = Path(__file__).parent
DEBIAN = Path("/usr/share/wordpress")
THEME = "twentytwentyone"
AUTHOR, PASSWORD = "claude", "un mot de passe de test"


@dataclass(frozen=True)
class WordPress:
    """The blog: where it is, and how its author publishes."""

    url: str
    log: Path
    """What PHP and MariaDB said."""
    pages: Path
    """The folder of its code."""

    @contextmanager
    def plugin(self, folder: Path, **constants: str) -> Iterator[None]:
        """The blog with a plugin switched on, which is configured by constants."""
        plugins = self.pages / "wp-content" / "mu-plugins"
        place = plugins / f"{folder.name}.php"
        shutil.copytree(folder, plugins / folder.name)
        defined = "".join(f"define( '{name}', '{value}' );\n" for name, value in constants.items())
        place.write_text(f"<?php\n{defined}require __DIR__ . '/{folder.name}/{folder.name}.php';\n")
        try:
            yield
        finally:
            place.unlink()
            shutil.rmtree(plugins / folder.name)

    def publish(self, title: str, content: str) -> str:
        """Publishes a post; its address. What it links to is pinged soon after, by WordPress itself."""
        post = {"post_type": "post", "post_status": "publish", "post_title": title, "post_content": content}
        with xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc.php") as editor:
            number = editor.wp.newPost(1, AUTHOR, PASSWORD, post)
            written = editor.wp.getPost(1, AUTHOR, PASSWORD, number, ["link"])
        assert isinstance(written, dict)
        return str(written["link"])

    def wake(self) -> None:
        """A reader comes by: WordPress does its due work, pings included, when somebody reads it."""
        with urllib.request.urlopen(self.url, timeout=30) as page:
            page.read()


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPress]:
    """A fresh blog on ``http://127.0.0.1:PORT``, with one author and Debian's theme of 2021."""
    if not (DEBIAN / "wp-content" / "themes" / THEME).exists():
        missing(f"WordPress is not on this machine: the Debian packages wordpress and wordpress-theme-{THEME} bring it")
    # Not below pytest's own folder: nobody but its owner may enter that, and MariaDB runs as another.
    with ExitStack() as ends, tempfile.TemporaryDirectory(prefix="wordpress-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        log = folder / "log"
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        socket = ends.enter_context(mariadb(folder / "mariadb", log))
        pages = folder / "pages"
        shutil.copytree(DEBIAN, pages, ignore=shutil.ignore_patterns("wp-config.php", ".htaccess"))
        plugins = pages / "wp-content" / "mu-plugins"
        plugins.mkdir()
        shutil.copy(HERE / "loopback.php", plugins)
        shutil.copy(HERE / "wp-config.php", pages)
        php = program("php", "php-cli")
        environ = os.environ | {
            "WORDPRESS_URL": url,
            "WORDPRESS_SOCKET": str(socket),
            # Its cron calls the blog itself while a reader waits for a page.
            "PHP_CLI_SERVER_WORKERS": "4",
        }
        subprocess.run([php, HERE / "install.php", pages, AUTHOR, PASSWORD, THEME], env=environ, check=True, timeout=60)
        ends.enter_context(running([php, "-S", f"127.0.0.1:{port}", "-t", pages], log, environ))
        until(lambda: answers("127.0.0.1", port), 10, "PHP's server did not start")
        yield WordPress(url, log, pages)
        ends.close()


@contextmanager
def mariadb(folder: Path, log: Path) -> Iterator[Path]:
    """A MariaDB server with an empty database ``wordpress``, on a socket that only those see who may; its path."""
    server = program("mariadbd", "mariadb-server")
    user = "mysql" if os.geteuid() == 0 else getpass.getuser()
    folder.mkdir()
    shutil.chown(folder, user)
    socket = folder / "mariadb.sock"
    with log.open("ab") as output:
        subprocess.run(
            [
                program("mariadb-install-db", "mariadb-server"),
                "--no-defaults",
                f"--datadir={folder / 'data'}",
                f"--user={user}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            stdout=output,
            stderr=output,
            check=True,
            timeout=120,
        )
    arguments = [server, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={socket}", f"--user={user}"]
    arguments += ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
    with running(arguments, log):
        client = [program("mariadb", "mariadb-client"), "--no-defaults", f"--socket={socket}", "--user=root"]
        create = [*client, "--execute=CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4"]
        until(
            lambda: socket.exists() and subprocess.run(create, stderr=subprocess.DEVNULL).returncode == 0,
            60,
            "MariaDB did not start",
        )
        yield socket
