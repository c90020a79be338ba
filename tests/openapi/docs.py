"""Opens the documentation page of a gateway before the sample shop in a headless Chromium, and
tries an operation as a person would.

    docs.py http://127.0.0.1:8000 SCREENSHOT.png
"""

import json
import sys
import tempfile
from urllib.parse import urlsplit

from browser import browser, requests
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

LIMIT = 30


def run(driver, address, screenshot):
    def found(selector, parent=driver):
        return WebDriverWait(driver, LIMIT).until(
            lambda _: parent.find_elements(By.CSS_SELECTOR, selector),
            f"nothing on the page is {selector}",
        )[0]

    # What the browser's own first page asked for is left behind.
    driver.get("about:blank")
    requests(driver)
    driver.get(f"{address}/docs")
    assert driver.title == "The sample shop", driver.title
    path = '.opblock-get .opblock-summary-path[data-path="/v1/products/{productId}"]'
    operation = found(path).find_element(By.XPATH, "./ancestor::div[contains(@class,'opblock-get')]")
    found(".opblock-summary-control", operation).click()
    found(".try-out__btn", operation).click()
    found('tr[data-param-name="productId"] input', operation).send_keys("p-1001")
    found(".execute", operation).click()
    status = found(".live-responses-table .response .response-col_status", operation)
    assert status.text.startswith("200"), status.text
    answer = found(".live-responses-table .response .highlight-code code", operation)
    product = json.loads(answer.text)
    assert product["productId"] == "p-1001", product
    assert product["name"] == "Ridgeline Tent", product
    assert product["price"]["units"] == "349", product
    driver.save_screenshot(screenshot)

    urls = requests(driver)
    for path in ["/docs", "/docs/swagger-ui-bundle.js", "/openapi.json", "/v1/products/p-1001"]:
        assert f"{address}{path}" in urls, f"{path} is not among {urls}"
    origin = urlsplit(address).netloc
    strays = [url for url in urls if urlsplit(url).netloc != origin and not url.startswith("data:")]
    assert not strays, f"requests to elsewhere: {strays}"
    console = driver.get_log("browser")
    assert not console, f"the console says: {console}"
    print(f"the page and its try-it-out work: {len(urls)} requests, none of them to elsewhere")


def main():
    address, screenshot = sys.argv[1:]
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(profile)
        try:
            run(driver, address, screenshot)
        finally:
            driver.quit()


main()
