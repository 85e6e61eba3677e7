// What charts show: the time and the series that the address names, how values are spread, what each
// look said.
import {becomes, expect, sees, seesNot} from './check.mjs';

const plots = (page) => page.locator('.plot');

// How many pixels of a drawing have a colour of the page: "--stable".
const pixels = (page, name) => page.evaluate((variable) => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
  const want = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const canvas = document.querySelector('.plot canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200 && want.every((part, k) => Math.abs(data[i + k] - part) < 6)) ++count;
  }
  return count;
}, name);

const span = (page) => {
  const {searchParams} = new URL(page.url());
  return [searchParams.get('from') ?? '', searchParams.get('to') ?? ''];
};

// The times in the table of the first chart, as seconds of the day.
async function times(page) {
  await page.getByRole('button', {name: 'View as table'}).first().click();
  await page.waitForSelector('figure table tbody th');
  const cells = await page.locator('figure table').first().locator('tbody th').allInnerTexts();
  await page.getByRole('button', {name: 'View as chart'}).first().click();
  return cells.map((cell) => cell.split(':').reduce((sum, part) => sum * 60 + parseInt(part, 10), 0));
}

const ofDay = (time) => Math.floor(Date.parse(time) / 1000) % 86_400;

export const charts = [
  {
    name: 'a stretch without a look is a gap, and thinned looks are none',
    run: async ({bundle}) => {
      const {gapsOf} = await bundle('src/charts/curves.ts');
      const every = (step, from, to) => Array.from({length: (to - from) / step}, (_, i) =>
        from + i * step);
      const gaps = (...parts) => JSON.stringify(gapsOf(parts.flat()));
      expect(gaps(every(1, 0, 60)) === '[]', 'looks each second');
      expect(gaps(every(1, 0, 60), every(1, 300, 360)) === '[[59,300]]',
        gaps(every(1, 0, 60), every(1, 300, 360)));
      expect(gaps(every(60, 0, 3600), every(1, 3600, 3700)) === '[]', 'the older are thinned');
      expect(gaps(every(10, 0, 60), [400]) === '[[50,400]]', 'the last look came late');
      expect(gaps([]) === '[]' && gaps([1]) === '[]' && gaps([1, 1000]) === '[]', 'too few to say');
    },
  },
  {
    name: 'what nobody looked at is not drawn',
    run: async ({page, server, open}) => {
      const drawn = async () => {
        await open('releases/search-3/metrics/error-rate');
        await page.waitForSelector('.plot canvas');
        await sees(page, 'looks over');
        let count = 0;
        await becomes(async () => {
          const now = await pixels(page, '--stable');
          const same = now > 50 && now === count;
          count = now;
          return same || now;
        }, 'stable is not drawn');
        return count;
      };
      const whole = await drawn();
      server.scene({hole: true});
      const part = await drawn();
      expect(part < 0.75 * whole, `${part} pixels of ${whole}`);
    },
  },
  {
    name: 'far beyond its limit the evidence does not press the limit flat',
    run: async ({page, server, open}) => {
      const {report} = server.docs().get('search-3');
      report.metrics.find(({name}) => name === 'error-rate').logE = 200;
      await open('releases/search-3/metrics/error-rate');
      await page.waitForSelector('.plot canvas');
      await sees(page, 'Evidence 3506 %');
      const at = () => page.evaluate(() => {
        const want = [0xc2, 0x3b, 0x00];
        const canvas = document.querySelectorAll('.plot canvas')[1];
        const {data, width, height} = canvas.getContext('2d').getImageData(0, 0, canvas.width,
          canvas.height);
        for (let y = 0; y < height; ++y) {
          let count = 0;
          for (let x = 0; x < width; ++x) {
            const i = 4 * (y * width + x);
            if (data[i + 3] > 200 && want.every((part, k) => Math.abs(data[i + k] - part) < 20)) {
              ++count;
            }
          }
          if (count > width / 4) return y / height;
        }
        return 0;
      });
      await becomes(async () => {
        const place = await at();
        return (place > 0.3 && place < 0.7) || place;
      }, 'the limit is not in the middle');
    },
  },
  {
    name: 'a stretch of time is dragged over, and its link shows the same',
    run: async ({page, open, shot}) => {
      await open('releases/search-3');
      await page.waitForSelector('.plot canvas');
      const whole = await times(page);
      const box = await plots(page).first().boundingBox();
      await page.mouse.move(box.x + box.width * 0.3, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 100, {steps: 5});
      await page.mouse.up();
      await page.waitForURL(/from=\d{4}-.*&to=\d{4}-/);
      const [from, to] = span(page).map(ofDay);
      expect(to - from > 10 && to - from < 40, `from ${from} to ${to}`);
      const check = async () => {
        await page.waitForSelector('.plot canvas');
        await becomes(async () => {
          const shown = await times(page);
          return (shown.length > 3 && shown.length < whole.length / 2 &&
            shown.every((t) => t >= from && t <= to)) || `${shown}`;
        }, `${from} to ${to}`);
      };
      await check();
      await shot('release-stretch');
      await page.reload();
      await check();
      await page.getByRole('button', {name: 'Show the whole release'}).click();
      await page.waitForURL((url) => !/from=|to=/.test(url.href));
      await becomes(async () => (await times(page)).length === whole.length, 'not all came back');
    },
  },
  {
    name: 'the time shown is chosen by keys, from plot and list, and follows to the next metric',
    run: async ({page, open}) => {
      await open('releases/search-3/metrics/error-rate');
      await page.waitForSelector('.plot canvas');
      await plots(page).first().focus();
      await page.keyboard.press('+');
      await page.waitForURL(/from=/);
      const [near] = span(page);
      await page.keyboard.press('+');
      await page.waitForURL((url) => url.searchParams.get('from') > near);
      await page.keyboard.press('0');
      await page.waitForURL((url) => !/from=/.test(url.href));
      await page.getByLabel('Time shown').selectOption('-1m');
      await page.waitForURL(/from=-1m/);
      await becomes(async () => {
        const shown = await times(page);
        return Math.max(...shown) - Math.min(...shown) <= 60 || `${shown}`;
      }, 'more than a minute');
      await page.locator('h1').click();
      await page.keyboard.press(']');
      await page.waitForURL(/metrics\/latency\?from=-1m/);
      await open('releases/search-3?from=2020-01-01T00:00:00Z&to=2020-01-01T00:01:00Z');
      await sees(page, 'No look in this time');
    },
  },
  {
    name: 'series are left out by the legend, and the link keeps it',
    run: async ({page, open, shot}) => {
      await open('releases/search-3');
      await page.waitForSelector('.plot canvas');
      const legend = page.locator('.keys-of-chart').first();
      const key = (name) => legend.getByRole('button', {name});
      const drawn = (name, is) => becomes(async () => {
        const count = await pixels(page, name);
        return (is ? count > 50 : count === 0) || count;
      }, `${name} is ${is ? 'not ' : ''}drawn`);
      await drawn('--stable', true);
      await key(/^Stable/).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/hide=stable/);
      await becomes(async () => await key(/^Stable/).getAttribute('aria-pressed') === 'false',
        'it is not said');
      await drawn('--stable', false);
      await drawn('--canary', true);
      await page.reload();
      await page.waitForSelector('.plot canvas');
      await drawn('--canary', true);
      await drawn('--stable', false);
      await shot('release-left-out');
      await key(/^Stable/).click({modifiers: ['Control']});
      await page.waitForURL(/hide=.*canary/);
      await drawn('--stable', true);
      await drawn('--fail', false);
      await key(/^Stable/).click({modifiers: ['Control']});
      await page.waitForURL((url) => !/hide=/.test(url.href));
    },
  },
  {
    name: 'how a latency is spread, on both sides',
    run: async ({page, server, open, shot}) => {
      const metric = server.docs().get('payments-7').report.metrics.find((m) => m.name === 'latency');
      metric.buckets = {bounds: [0.1, 0.2, 0.4], stable: [50, 40, 9, 1], canary: [10, 20, 10, 0]};
      await open('releases/payments-7/metrics/latency');
      await sees(page, 'Half of the values: stable at most 0.1, canary at most 0.2. ' +
        '99 of 100: stable at most 0.4, canary at most 0.4.');
      const section = page.locator('section', {hasText: 'How it is spread'});
      await page.waitForSelector('svg.distribution path');
      // Both lines go up to all of their side, at its own pace.
      const ends = await section.locator('path').evaluateAll((paths) =>
        paths.map((path) => path.getAttribute('d').match(/V[\d.]+/g).map((v) => Number(v.slice(1)))));
      const [stable, canary] = ends;
      expect(stable.at(-1) === canary.at(-1) && stable.at(-1) < 20, JSON.stringify(ends));
      expect(stable[0] < canary[0] && stable.every((y, i) => i === 0 || y <= stable[i - 1]),
        JSON.stringify(ends));
      await shot('metric-spread');
      await section.getByRole('button', {name: 'Buckets'}).click();
      await page.waitForURL(/spread=bars/);
      await page.waitForSelector('svg.distribution rect');
      const heights = (kind) => section.locator(`rect.bar-${kind}`).evaluateAll((bars) =>
        bars.map((bar) => Math.round(bar.getBoundingClientRect().height)));
      const [one, two] = [await heights('stable'), await heights('canary')];
      expect(one.length === 4 && two.length === 4, `${one} | ${two}`);
      expect(Math.abs(one[0] - two[1]) < 2 && Math.abs(one[0] - 2 * two[0]) < 4,
        `50 and 20 of 40 differ: ${one} | ${two}`);
      await shot('metric-spread-bars');
      await section.getByRole('button', {name: 'View as table'}).click();
      await sees(page, /0\.1 to 0\.2\s+40 % \(40\)\s+50 % \(20\)\s+90 %\s+75 %/);
      await sees(page, 'above 0.4');
      // Of other kinds there are no buckets; of one side alone nothing is compared.
      metric.buckets.canary = [0, 0, 0, 0];
      await page.reload();
      await sees(page, 'One side has no values in this step');
      await open('releases/payments-7/metrics/error-rate');
      await sees(page, 'The arithmetic');
      await seesNot(page, 'How it is spread');
    },
  },
  {
    name: 'each policy is replayed over each recording',
    run: async ({page, open, shot}) => {
      await open('replays');
      const file = (name) => ({name, mimeType: 'text/plain', buffer: Buffer.from('# EOF\n')});
      await page.setInputFiles('input[type=file]', [file('monday.om'), file('friday.om')]);
      await page.getByLabel('Policy of').selectOption({label: 'each of them'});
      await page.getByRole('button', {name: 'Replay 2 recordings'}).click();
      const row = (name) => page.locator('tbody tr', {hasText: name});
      await page.waitForSelector('table');
      expect(await page.locator('tbody tr').count() === 10, 'not every policy has a row');
      expect(await page.locator('thead th').allInnerTexts().then((heads) => heads.join()) ===
        'Policy of,monday.om,friday.om', 'not every recording has a column');
      await sees(page, /search\s+↩ rollback\s+at t = 1 min 24 s with 31 bad requests/);
      await sees(page, /cart\s+✔ promote\s+after 2 min/);
      await sees(page, /mail\s+✖ not replayed\s+no series of the canary in the recording/);
      await page.getByRole('button', {name: 'cart over friday.om: promote'}).click();
      await sees(page, 'cart over friday.om');
      await sees(page, 'would be promoted');
      expect(await row('cart').getByRole('button').last().getAttribute('aria-pressed') === 'true',
        'what is shown is not marked');
      await shot('replay-policies');
    },
  },
  {
    name: 'what each look said of each metric, and the way to its time',
    run: async ({page, open, shot}) => {
      await open('replays?release=search-3');
      const row = (name) => page.locator('table.matrix tbody tr', {hasText: name});
      await page.waitForSelector('table.matrix');
      const cells = await row('error-rate').locator('td').count();
      expect(cells > 20 && cells <= 60, `${cells} columns`);
      const last = row('error-rate').locator('td').last();
      expect(/worse/.test(await last.getAttribute('class')) && /▲/.test(await last.innerText()),
        'the last look does not say worse');
      expect(await row('error-rate').locator('td.doubt').count() > 3, 'no look is in doubt');
      expect(await row('latency').locator('td.worse').count() === 0, 'latency is said to be worse');
      expect(await last.evaluate((cell) => cell.classList.contains('now')), 'the end is not marked');
      await row('error-rate').locator('td').nth(2).click();
      await sees(page, /Time: .*, (8|9|1[0-6]) s after the start/);
      expect(await row('error-rate').locator('td').nth(2).evaluate((cell) =>
        cell.classList.contains('now')), 'the time is not marked');
      await shot('replay-matrix');
      await open('replays?release=cart-9');
      await page.waitForSelector('table.matrix td.fine');
      expect(await row('error-rate').locator('td.open').count() > 10, 'it was fine from the start');
    },
  },
];
