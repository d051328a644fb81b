"""Modules that a generated package must not hide when its folder is first on Python's path.

Those of the standard library of every Python from 3.11 on, so that the same saga has the same
package everywhere; the engine, what it imports, and what stands beside a package.
"""

_WORDS = """
abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit
audioop base64 bdb binascii bisect builtins bz2 calendar cgi cgitb chunk click cmath cmd
code codecs codeop collections colorsys compileall compression concurrent configparser
conftest contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime
dateutil dbm dbos decimal difflib dis distutils doctest email encodings ensurepip enum errno
faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath
getopt getpass gettext glob graphlib greenlet grp gzip handlers hashlib heapq hmac html http
hypothesis idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json
jsonschema keyword lib2to3 linecache locale logging lzma mailbox mailcap main marshal math
mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath
nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools
pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats psycopg pty pwd
py_compile pyclbr pydoc pydoc_data pyexpat pytest queue quopri random re readline reprlib
resource rlcompleter runpy sagac sched secrets select selectors setup shelve shlex shutil
signal site smtpd smtplib sndhdr socket socketserver spwd sqlalchemy sqlite3 sre_compile
sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau
symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test tests
textwrap this threading time timeit tkinter token tokenize tomllib trace traceback
tracemalloc tty turtle turtledemo typer types typing typing_extensions unicodedata unittest
urllib uu uuid venv warnings wave weakref webbrowser websockets winreg winsound wsgiref
xdrlib xml xmlrpc yaml zipapp zipfile zipimport zlib zoneinfo
"""

TAKEN_PACKAGES = frozenset(_WORDS.split())
