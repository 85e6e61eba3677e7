// The stream of events: at once when something changes, said to be stale when it is lost, and
// without a gap when it comes back.
import {expect, sees} from './check.mjs';

// Five seconds are what it is made for; a busy machine gets as much again.
const kStaleMaxMs = 10_000;

async function isLive(page) {
  await page.waitForSelector('[data-feed=live]');
}

// Times are counted in the page, so that a busy machine's slow test program does not count.
async function staleAfter(page, begin) {
  const at = await page.evaluate(() => new Promise((resolve) => {
    const look = () => document.querySelector('[data-testid=stale]') ? resolve(Date.now())
      : setTimeout(look, 20);
    look();
  }));
  return at - begin;
}

export const live = [
  {
    name: 'a change is on the page at once',
    run: async ({page, server, open}) => {
      await open('releases/checkout-42');
      await isLive(page);
      await sees(page, 'Progressing');
      const doc = server.docs().get('checkout-42');
      Object.assign(doc, {status: 'Paused', reason: 'Manual', sentence: 'paused by ben'});
      server.update(doc);
      await sees(page, 'Paused at 25 %: paused by ben');
      const said = await page.locator('div[role=status].hidden').innerText();
      expect(said !== undefined, 'no live region');
    },
  },
  {
    name: 'a rollback is an alert',
    run: async ({page, server, open}) => {
      await open('releases/checkout-42');
      await isLive(page);
      const doc = server.docs().get('checkout-42');
      Object.assign(doc, {status: 'RollingBack', sentence: 'error-rate worse: 31 of 1 004'});
      server.update(doc);
      await page.waitForFunction(() => /Returning to 2\.3\.0/.test(
        document.querySelector('div[role=alert].hidden')?.textContent ?? ''), undefined,
      {timeout: 60_000});
    },
  },
  {
    name: 'a lost connection is stale within five seconds, and comes back without a gap',
    run: async ({page, server, open, shot}) => {
      await open('releases/checkout-42');
      await isLive(page);
      await page.waitForTimeout(1200);  // some events, so that there is an id to go on from
      const begin = Date.now();
      server.cut(true);
      const took = await staleAfter(page, begin);
      console.log(`      stale after ${took} ms`);
      expect(took <= kStaleMaxMs, `stale after ${took} ms`);
      await sees(page, /Live updates lost \d+ s ago – reconnecting/);
      expect(await page.locator('[data-feed=live]').count() === 0, 'it still says live');
      await shot('release-stale');
      // What happens meanwhile is numbered, and told after the return.
      const doc = server.docs().get('checkout-42');
      Object.assign(doc, {status: 'Paused', reason: 'Manual', sentence: 'paused while away'});
      server.update(doc);
      server.cut(false);
      await isLive(page);
      await sees(page, 'Paused at 25 %: paused while away');
      expect(await page.locator('[data-testid=stale]').count() === 0, 'it still says stale');
    },
  },
  {
    name: 'a connection that is silent and dead is stale too',
    run: async ({page, server, open}) => {
      server.scene({still: true});
      await open('releases/checkout-42');
      await isLive(page);
      await page.waitForTimeout(2600);  // silence alone is no loss
      expect(await page.locator('[data-feed=live]').count() === 1, 'silence was called stale');
      const begin = Date.now();
      server.freeze(true);
      const took = await staleAfter(page, begin);
      console.log(`      stale after ${took} ms`);
      expect(took <= kStaleMaxMs, `stale after ${took} ms`);
      server.freeze(false);
      await isLive(page);
    },
  },
  {
    name: 'a hidden tab holds no stream and catches up',
    run: async ({page, server, open}) => {
      await open('releases/checkout-42');
      await isLive(page);
      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});
        document.dispatchEvent(new Event('visibilitychange'));
      });
      for (let i = 0; i < 200 && server.streams() > 0; ++i) await page.waitForTimeout(50);
      expect(server.streams() === 0, `${server.streams()} streams are still open`);
      const doc = server.docs().get('checkout-42');
      Object.assign(doc, {status: 'Paused', reason: 'Manual', sentence: 'while hidden'});
      server.update(doc);
      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', {configurable: true, get: () => false});
        document.dispatchEvent(new Event('visibilitychange'));
      });
      await sees(page, 'while hidden');
    },
  },
  {
    name: 'five hundred releases scroll and are searched',
    run: async ({page, server, open, shot}) => {
      const few = await scrolled({page, server, open}, 20);
      const many = await scrolled({page, server, open}, 500);
      // A page that draws all anew in each frame takes as many times longer, on any machine.
      expect(many.median < 12 * few.median,
        `half of all frames took over ${many.median} ms, with 20 releases ${few.median} ms`);
      const begun = await page.evaluate(() => performance.now());
      await page.getByLabel('Search').fill('service-123');
      await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
      const took = await page.evaluate(() => performance.now()) - begun;
      console.log(`      frames: median ${many.median.toFixed(1)} ms (of 20 releases ` +
        `${few.median.toFixed(1)}), longest ${many.longest.toFixed(0)} ms; search ` +
        `${took.toFixed(0)} ms`);
      await shot('releases-many');
    },
  },
];

// How long the frames take while the list of so many releases scrolls.
async function scrolled({page, server, open}, count) {
  server.scene({many: count, still: true});
  await open('releases');
  await sees(page, `service-${String(count - 1).padStart(3, '0')}`);
  return page.evaluate(() => new Promise((resolve) => {
    const gaps = [];
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      window.scrollBy(0, 200);
      if (gaps.length < 60) {
        requestAnimationFrame(frame);
      } else {
        gaps.sort((a, b) => a - b);
        resolve({median: gaps[Math.floor(gaps.length / 2)], longest: gaps.at(-1)});
      }
    };
    requestAnimationFrame(frame);
  }));
}
