// axe on every page, light and dark: no violation.
import {expect, sees} from './check.mjs';

const kPages = [
  ['releases/checkout-42', 'Progressing'],
  ['releases/payments-7', 'Paused'],
  ['releases/search-3#step=1', 'Failed'],
  ['releases/mail-2', 'no data'],
  ['releases/images-5', 'do not answer'],
  ['releases/gone-1', 'is not here'],
  ['releases', 'checkout-42'],
  ['releases', 'checkout-42', {act: (page) =>
    page.getByRole('button', {name: 'Actions of checkout-42'}).click()}],
  ['rollouts/cart/history', 'cart-9'],
  ['releases/search-3/metrics/error-rate', 'arithmetic'],
  ['releases/payments-7/metrics/latency?spread=bars&hide=stable', 'How it is spread'],
  ['rollouts/cart/compare?a=cart-9&b=cart-02', 'analysis.metrics'],
  ['replays?release=payments-7', 'after the start'],
  ['plan', 'In nine of ten'],
  ['plan?of=latency', 'Slower means'],
  ['new', 'kind: Rollout'],
  ['new', 'kind: Rollout', {act: async (page) => {
    await page.getByLabel('Who gets the new version first').selectOption('content');
    await page.getByLabel('Who starts the new version').selectOption('process');
    await page.getByLabel('Series of').selectOption('envoy');
  }}],
  ['targets', 'answers'],
  ['audit', 'user:ana', {role: 'admin'}],
  ['audit', 'for administrators'],
  ['settings', 'Apache-2.0', {role: 'admin'}],
];
const kTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function violations(page, axe) {
  // The page's own policy forbids scripts that are put into it: axe is run from outside.
  const {readFileSync} = await import('node:fs');
  await page.evaluate(readFileSync(axe, 'utf8'));
  return page.evaluate(async (tags) => {
    const result = await window.axe.run(document, {runOnly: {type: 'tag', values: tags}});
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0,
      160) + ' ' + (n.failureSummary ?? '').slice(0, 200)).join(' | ')}`);
  }, kTags);
}

export const accessibility = kPages.flatMap(([path, text, scene]) =>
  ['light', 'dark'].map((colorScheme) => ({
    name: `axe ${path} ${scene?.role ?? (scene?.act ? 'filled in' : '')} ${colorScheme}`,
    options: {colorScheme},
    run: async ({page, server, open, axe}) => {
      server.scene(scene ?? {});
      await open(path);
      await sees(page, text);
      await scene?.act?.(page);
      const found = await violations(page, axe);
      expect(found.length === 0, found.join('\n'));
    },
  })));

accessibility.push({
  name: 'axe dialog',
  run: async ({page, open, axe}) => {
    await open('releases/checkout-42');
    await page.getByRole('button', {name: 'Abort', exact: true}).click();
    await page.waitForSelector('dialog[open]');
    const found = await violations(page, axe);
    expect(found.length === 0, found.join('\n'));
  },
});
