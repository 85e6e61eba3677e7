// Assertions on what a person sees.

export async function sees(page, text, where = 'main') {
  const pattern = text instanceof RegExp ? text : new RegExp(escape(text));
  await page.waitForFunction(({source, flags, selector}) => {
    const element = document.querySelector(selector);
    // Narrow and fixed spaces read as spaces.
    return element && new RegExp(source, flags).test(element.innerText.replace(/[\u00a0\u202f]/g,
      ' '));
  }, {source: pattern.source, flags: pattern.flags, selector: where}, {timeout: 60_000})
    .catch(async () => {
      const seen = await page.locator(where).first().innerText().catch(() => '(nothing)');
      throw new Error(`not seen: ${pattern}; the page says: ${seen.slice(0, 1500)}`);
    });
}

export async function seesNot(page, text, where = 'main') {
  const seen = (await page.locator(where).first().innerText()).replace(/[\u00a0\u202f]/g, ' ');
  const pattern = text instanceof RegExp ? text : new RegExp(escape(text));
  if (pattern.test(seen)) throw new Error(`seen, and should not be: ${pattern}`);
}

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}

// What is drawn a moment after it is asked for: waited for, with a generous limit.
export async function becomes(holds, what) {
  const kTries = 200;
  let last = '';
  for (let i = 0; i < kTries; ++i) {
    last = await holds();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: ${last}`);
}

export async function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
