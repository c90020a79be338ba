"""Serves a bundled page from one origin, has a headless Chromium call a gateway of another, and tells what
came of it: browser.py DRAGOMAN PROTO_FOLDER BUNDLE.js"""

import base64
import functools
import http.server
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "openapi"))
from browser import browser, requests

LIMIT = 60
dragoman, proto, bundle = sys.argv[1:]

CONFIG = """
contracts:
  - proto: {{ files: ["{proto}/shop/v1/*.proto"], include: ["{proto}"] }}
backends: {{ shop: {{ grpc: {{ endpoints: ["http://{shop}"] }} }} }}
services: {{ "*": {{ backend: shop }} }}
listeners:
  public: {{ address: "127.0.0.1:0", grpc: {{}}, cors: {{ origins: ["{origin}"] }} }}
admin: {{ enabled: false }}
"""


def told(process, pattern, stream):
    for line in stream:
        found = re.search(pattern, line)
        if found:
            return found.group(1)
    raise SystemExit(f"{process.args} says nothing of {pattern}")


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "index.html").write_text("<!doctype html><meta charset=utf-8><script src=bundle.js></script>")
    (folder / "bundle.js").write_bytes(pathlib.Path(bundle).read_bytes())
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{pages.server_port}"
    with subprocess.Popen([dragoman, "shop", "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as shop:
        config = folder / "dragoman.yaml"
        address = told(shop, r"listens on (\S+)", shop.stdout)
        config.write_text(CONFIG.format(proto=proto, shop=address, origin=origin))
        descriptors = subprocess.run([dragoman, "export", "descriptors", str(config)], capture_output=True, check=True)
        with subprocess.Popen([dragoman, "serve", str(config)], stderr=subprocess.PIPE, text=True) as gateway:
            try:
                base = told(gateway, r"(?:address|listening)\S*?\"?[:=]\"?(127\.0\.0\.1:\d+)", gateway.stderr)
                threading.Thread(target=gateway.stderr.read, daemon=True).start()
                driver = browser(folder / "profile")
                try:
                    driver.get(origin)
                    set_of_files = base64.b64encode(descriptors.stdout).decode()
                    driver.execute_script("window.run(arguments[0], arguments[1])", f"http://{base}", set_of_files)
                    wait = WebDriverWait(driver, LIMIT)
                    result = wait.until(lambda _: driver.execute_script("return window.told"), "nothing came of it")
                    if "error" in result:
                        raise SystemExit(f"{result['error']}\n{driver.get_log('browser')}")
                    # The browser's own pages are no requests.
                    asked = [url for url in requests(driver) if url.startswith("http")]
                    elsewhere = [url for url in asked if not url.startswith((origin, f"http://{base}"))]
                    assert not elsewhere, elsewhere
                finally:
                    driver.quit()
            finally:
                gateway.terminate()
                shop.terminate()
    for step in result["steps"]:
        print(step)
    print(f"a page of {origin} and a gateway at http://{base}: {len(result['steps'])} steps hold")
