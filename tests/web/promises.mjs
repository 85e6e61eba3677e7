// What people rely on whatever page they look at: docs/testing/experience.md.
import {expect, sees} from './check.mjs';

const kPages = ['releases', 'releases/checkout-42', 'releases/checkout-42/metrics/error-rate',
  'rollouts/cart/history', 'rollouts/cart/compare', 'replays?release=payments-7', 'targets',
  'audit', 'settings'];
const kStopped = ['Paused', 'RollingBack', 'Succeeded', 'Failed', 'Terminated'];

const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');

export const promises = [
  ...kPages.map((path) => ({
    name: `the server answers with errors: ${path}`,
    run: async ({page, server, open}) => {
      server.scene({role: 'admin', fail: 503});
      await open(path);
      await sees(page, 'The store does not answer');
      await sees(page, 'Nothing advances until it works again');
      await sees(page, 'r-4711');
      expect(await page.locator('h1').count() === 1, 'no heading says which page it is');
      server.scene({role: 'admin'});
      // Each part that could not be read offers it.
      const again = page.getByRole('button', {name: 'Try again'});
      for (let i = 0; i < 6 && await again.count() > 0; ++i) {
        const pressed = await again.first().elementHandle();
        await pressed.click();
        await page.waitForFunction((button) => !button.isConnected, pressed);
      }
      expect(await again.count() === 0, 'a part stays broken');
      await page.waitForSelector('table, figure, dl');
    },
  })),
  ...kPages.map((path) => ({
    name: `the server takes its time: ${path}`,
    run: async ({page, server, open}) => {
      server.scene({role: 'admin', slow: 1000});
      await open(path);
      await page.waitForSelector('[aria-busy=true]');
      await page.waitForSelector('.bone.shown');
      await page.waitForSelector('[aria-busy=true]', {state: 'detached'});
      expect(await page.locator('[role=alert] strong').count() === 0, 'waiting is taken for a fault');
    },
  })),
  {
    name: 'whatever does not go on says why, with its numbers, and what comes next',
    run: async ({page, server, open}) => {
      let looked = 0;
      for (const doc of server.docs().values()) {
        if (!kStopped.includes(doc.status)) continue;
        await open(`releases/${doc.id}`);
        await sees(page, 'What comes next');
        const said = plain(await page.getByTestId('sentence').innerText());
        const tiles = plain(await page.locator('.glance').innerText());
        expect(said.length > 10, `${doc.id}: ${said}`);
        expect(/What comes next\s+\S.*\n/.test(`${tiles}\n`), `${doc.id}: ${tiles}`);
        // By a metric: which one, of how many on both sides, and its limit.
        if (doc.cause === 'metric' || ['MetricFailed', 'Inconclusive'].includes(doc.reason)) {
          expect(/error-rate (worse|undecided): [\d ]+ of [\d ]+ against [\d ]+ of [\d ]+, limit \+/
            .test(said), `${doc.id}: ${said}`);
        }
        if (doc.status === 'Paused') {
          expect(/A person decides\s+\S+.*(Continue|Approve)/.test(tiles), `${doc.id}: ${tiles}`);
        }
        ++looked;
      }
      expect(looked >= 6, `only ${looked} releases`);
    },
  },
  {
    name: 'no share without its counts',
    run: async ({page, open}) => {
      let looked = 0;
      for (const path of ['releases/checkout-42', 'releases/search-3', 'releases/cart-9',
        'rollouts/cart/compare?a=cart-9&b=cart-02']) {
        await open(path);
        await page.waitForSelector('td');
        await sees(page, 'latency');
        const cells = await page.evaluate(() => [...document.querySelectorAll('table')]
          .flatMap((table) => {
            // The last row of heads names the columns.
            const heads = [...table.querySelectorAll('thead tr:last-child th')]
              .map((head) => head.textContent);
            const shift = table.querySelectorAll('thead tr').length > 1 ? 1 : 0;
            return [...table.querySelectorAll('tbody tr')].flatMap((row) => [...row.children]
              .filter((_, i) => ['Stable', 'Canary'].includes(heads[i - shift]))
              .map((cell) => cell.textContent));
          }));
        for (const cell of cells.map(plain).filter((text) => text.includes('%'))) {
          expect(/%.*[\d ]+ of [\d ]+/.test(cell), `${path}: ${cell}`);
          ++looked;
        }
      }
      expect(looked >= 20, `only ${looked} cells`);
    },
  },
];
