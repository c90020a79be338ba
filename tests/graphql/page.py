"""Opens the GraphQL page of a gateway before the sample shop in a headless Chromium, and writes,
runs and watches queries on it as a person would.

    page.py http://127.0.0.1:8000 SCREENSHOT.png
"""

import json
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, str(Path(__file__).parent.parent / "openapi"))
from browser import browser, requests

LIMIT = 30


class Page:
    def __init__(self, driver):
        self.driver = driver

    def found(self, selector):
        return self.until(
            lambda: self.driver.find_elements(By.CSS_SELECTOR, selector),
            f"nothing on the page is {selector}",
        )[0]

    def until(self, holds, message):
        return WebDriverWait(self.driver, LIMIT).until(lambda _: holds(), message)

    def area(self, editor):
        return self.found(f"#{editor} textarea")

    def text(self, editor):
        return self.area(editor).get_property("value")

    def write(self, editor, *keys):
        area = self.area(editor)
        area.click()
        area.send_keys(Keys.CONTROL, "a")
        area.send_keys(Keys.BACKSPACE, *keys)

    def run(self):
        self.area("query").send_keys(Keys.CONTROL, Keys.ENTER)

    def answers(self):
        answers = self.driver.find_elements(By.CSS_SELECTOR, "#answers pre")
        # The number and time of a subscription's answer stand in a line before it.
        texts = [answer.text for answer in answers]
        return [json.loads(text[text.index("{") :]) for text in texts]

    def answer(self):
        self.until(lambda: self.answers(), "there is no answer")
        return self.answers()[0]

    def status(self):
        return self.found("#status").text


def opening_query_runs(page):
    page.until(lambda: "{" in page.text("query"), "there is no opening query")
    page.run()
    answer = page.answer()
    assert answer["data"] and "errors" not in answer, answer
    assert page.status().startswith("200"), page.status()


def typed_query_runs(page):
    # Typed as it is, brackets that the editor closes by itself among it.
    page.write("query", "query Q($id: String) {\nproduct(productId: $id) {\nname price { units")
    page.write("variables", '{"id": "p-1001"}')
    page.run()
    product = page.answer()["data"]["product"]
    assert product == {"name": "Ridgeline Tent", "price": {"units": "349"}}, product


def editor_completes_and_sets_in_order(page):
    page.write("query", "{ prod")
    page.area("query").send_keys(Keys.CONTROL, " ")
    choices = [li.text for li in page.driver.find_elements(By.CSS_SELECTOR, ".choices li span")]
    assert choices[0] == "product", choices
    page.area("query").send_keys(Keys.ENTER, '(productId: "p-1001") { name productId')
    page.found("#prettify").click()
    expected = '{\n  product(productId: "p-1001") {\n    name\n    productId\n  }\n}\n'
    assert page.text("query") == expected, page.text("query")
    page.run()
    assert page.answer()["data"]["product"]["productId"] == "p-1001"


def mistakes_are_shown(page):
    page.write("query", "{ nothing")
    page.run()
    page.until(lambda: "error" in page.status(), "the status does not tell of errors")
    assert page.status().startswith("400"), page.status()
    assert "nothing" in page.answer()["errors"][0]["message"], page.answers()
    page.write("variables", "[")
    page.run()
    assert page.found("#problem").text.startswith("variables:"), page.found("#problem").text
    page.write("variables")


def schema_is_explained(page):
    page.found("#schema-search").send_keys("product")
    link = '//*[@id="schema-page"]//button[text()="Product"]'
    page.until(lambda: page.driver.find_elements(By.XPATH, link), "no Product is found")[0].click()
    page.until(lambda: page.found("#schema-page h2").text == "Product", "no page of Product")
    assert "productId" in page.found("#schema-page ul").text
    page.found("#schema-back").click()
    use = '//*[@id="schema-page"]//li[span[text()="product"]]/button[text()="Try"]'
    page.until(lambda: page.driver.find_elements(By.XPATH, use), "nothing to try")[0].click()
    assert page.text("query").startswith("query Product"), page.text("query")


def subscription_goes_on_until_it_is_stopped(page):
    page.write("query", 'subscription {\nwatchStock(productIds: ["p-1001", "p-1002"], follow: true) {\nproductId')
    page.run()
    page.until(lambda: len(page.answers()) >= 2, "no second answer comes")
    assert all("data" in answer for answer in page.answers()), page.answers()
    assert page.found("#run").text == "Stop"
    page.run()
    page.until(lambda: page.status().startswith("Stopped"), "it does not stop")
    assert page.found("#run").text == "Run"


def history_brings_queries_back(page):
    page.found("#show-history").click()
    page.until(lambda: page.found("#history-list button").is_displayed(), "no history is shown")
    entry = '//*[@id="history-list"]//button[small[contains(text(), "query Q")]]'
    page.driver.find_element(By.XPATH, entry).click()
    assert page.text("query").startswith("query Q("), page.text("query")
    assert json.loads(page.text("variables")) == {"id": "p-1001"}
    page.run()
    assert page.answer()["data"]["product"]["name"] == "Ridgeline Tent"


STEPS = [
    opening_query_runs,
    typed_query_runs,
    editor_completes_and_sets_in_order,
    mistakes_are_shown,
    schema_is_explained,
    subscription_goes_on_until_it_is_stopped,
    history_brings_queries_back,
]


def run(driver, address, screenshot):
    # What the browser's own first page asked for is left behind.
    driver.get("about:blank")
    requests(driver)
    driver.get(f"{address}/graphql")
    assert driver.title == "GraphQL at /graphql", driver.title
    page = Page(driver)
    for step in STEPS:
        step(page)
        print(f"{step.__name__}: ok")
    driver.save_screenshot(screenshot)

    urls = requests(driver)
    for path in ["/graphql", "/graphql/main.js", "/graphql/style.css"]:
        assert f"{address}{path}" in urls, f"{path} is not among {urls}"
    origin = urlsplit(address).netloc
    strays = [url for url in urls if urlsplit(url).netloc != origin and not url.startswith("data:")]
    assert not strays, f"requests to elsewhere: {strays}"
    # A status that tells of errors is one that the console repeats.
    console = [entry for entry in driver.get_log("browser") if "status of 400" not in entry["message"]]
    assert not console, f"the console says: {console}"
    print(f"the GraphQL page works: {len(urls)} requests, none of them to elsewhere")


def main():
    address, screenshot = sys.argv[1:]
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(profile)
        try:
            run(driver, address, screenshot)
        except BaseException:
            driver.save_screenshot(screenshot)
            raise
        finally:
            driver.quit()


main()
