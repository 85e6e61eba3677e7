// What a person does: by keys alone, through dialogs, from lists.
import {readFileSync} from 'node:fs';
import {expect, focused, sees} from './check.mjs';

export const actions = [
  {
    name: 'abort by keys alone in four strokes',
    run: async ({page, server, open, shot}) => {
      await open('releases/checkout-42');
      await sees(page, 'Abort');
      await page.waitForFunction(() => !document.querySelector('button.danger')?.disabled);
      await page.keyboard.press('Shift+A');  // 1
      await page.waitForSelector('dialog[open]');
      expect(await focused(page) === 'Cancel', 'the focus does not start on Cancel');
      expect(server.posted.length === 0, 'something was sent before it was confirmed');
      await sees(page, /25 % of the traffic \(about \d+ requests\/s\) returns from 2\.4\.0 to/,
        'dialog');
      await sees(page, 'ends as Terminated', 'dialog');
      await shot('dialog-abort');
      await page.keyboard.press('Tab');  // 2
      expect(await focused(page) === 'Abort release', 'the verb does not follow Cancel');
      await page.keyboard.press('Enter');  // 3
      await sees(page, 'Aborted by ana');
      const [sent] = server.posted.splice(0);
      expect(sent.operation === 'abort' && sent.release === 'checkout-42',
        `sent: ${JSON.stringify(sent)}`);
      await shot('release-terminated');
    },
  },
  {
    name: 'escape closes the dialog and nothing is sent',
    run: async ({page, server, open}) => {
      await open('releases/checkout-42');
      await sees(page, 'Abort');
      await page.waitForFunction(() => !document.querySelector('button.danger')?.disabled);
      const button = page.getByRole('button', {name: 'Abort', exact: true});
      await button.focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog[open]');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', {state: 'detached'});
      expect(await focused(page) === 'Abort', 'the focus does not come back');
      expect(server.posted.length === 0, 'something was sent');
    },
  },
  {
    name: 'release fully while worse needs a reason and the name',
    run: async ({page, server, open, shot}) => {
      await open('releases/login-4');
      await page.getByRole('button', {name: 'Release fully'}).click();
      await sees(page, 'Worse now: error-rate', 'dialog');
      const send = page.locator('dialog button[type=submit]');
      expect(await send.isDisabled(), 'it can be sent without a reason');
      await page.getByLabel(/Why/).fill('the alert is known');
      expect(await send.isDisabled(), 'it can be sent without the name');
      await page.getByLabel(/Type/).fill('login-4');
      expect(!(await send.isDisabled()), 'it can’t be sent with both');
      await shot('dialog-release-fully');
      await page.keyboard.press('Escape');
      expect(server.posted.length === 0, 'something was sent');
    },
  },
  {
    name: 'a conflict says what changed meanwhile',
    run: async ({page, server, open, shot}) => {
      server.scene({conflict: true});
      await open('releases/checkout-42');
      await page.getByRole('button', {name: 'Continue', exact: true}).click();
      await sees(page, 'The canary goes from 25 % to 50 %', 'dialog');
      await page.getByRole('button', {name: 'Continue release'}).click();
      await sees(page, 'promoted by ana 3 s ago', 'dialog');
      await shot('dialog-conflict');
      server.posted.splice(0);
    },
  },
  {
    name: 'pause and resume by key',
    run: async ({page, server, open}) => {
      await open('releases/checkout-42');
      await page.waitForFunction(() => !document.querySelector('button.danger')?.disabled);
      await page.keyboard.press('p');
      await page.waitForSelector('dialog[open]');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await sees(page, 'Paused at 25 %: paused by ana');
      // The page may show it before the dialog has had its answer.
      await page.waitForSelector('dialog[open]', {state: 'detached'});
      await page.waitForFunction(() => !document.querySelector('button.danger')?.disabled);
      await page.keyboard.press('p');
      await sees(page, 'The plan goes on from step 4 of 6', 'dialog');
      server.posted.splice(0);
    },
  },
  {
    name: 'keys do nothing in inputs, and can be switched off',
    run: async ({page, open}) => {
      await open('releases');
      await sees(page, 'checkout-42');
      await page.keyboard.press('/');
      await page.keyboard.type('jac?');
      expect(await page.getByLabel('Search').inputValue() === 'jac?', 'the search lost letters');
      expect(await page.locator('dialog').count() === 0, 'a key acted inside an input');
      await page.evaluate(() => localStorage.setItem('serin.keys', 'off'));
      await page.locator('h1').click();
      await page.keyboard.press('?');
      expect(await page.locator('dialog').count() === 0, 'a key acted though switched off');
    },
  },
  {
    name: 'rows by j and Enter, pages by g r, help by ?',
    run: async ({page, open, shot}) => {
      await open('releases?sort=rollout');
      await sees(page, 'checkout-42');
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL(/releases\/cart-9$/);
      await page.keyboard.press('g');
      await page.keyboard.press('r');
      await page.waitForURL(/ui\/releases$/);
      await page.keyboard.press('?');
      await sees(page, 'abort (asks first)', 'dialog');
      await shot('keys');
    },
  },
  {
    name: 'the metric shown changes with ] and is in the address',
    run: async ({page, open}) => {
      await open('releases/payments-7');
      await sees(page, 'error-rate, so far in this release');
      await page.keyboard.press(']');
      await sees(page, /latency \(share in the tail\), so far/);
      expect(page.url().includes('metric=latency'), `the address is ${page.url()}`);
      await page.getByRole('button', {name: 'View as table'}).first().click();
      await sees(page, /95 % interval/, 'figure table');
    },
  },
  {
    name: 'one click and one confirmation roll back from the history',
    run: async ({page, server, open, shot}) => {
      await open('rollouts/cart/history');
      await page.getByRole('button', {name: 'Roll back to 2.3.0'}).click();
      await sees(page, 'returns from 2.4.0 to 2.3.0, at once', 'dialog');
      await shot('dialog-rollback');
      await page.locator('dialog button[type=submit]').click();
      await page.waitForURL(/releases\/cart-9/);
      expect(server.posted.splice(0)[0]?.operation === 'rollback', 'it was not sent');
    },
  },
  {
    name: 'a row of the list is acted on by keys, with the same confirmation',
    run: async ({page, server, open, shot}) => {
      await open('releases');
      const menu = page.getByRole('button', {name: 'Actions of checkout-42'});
      await menu.focus();
      await page.keyboard.press('Enter');
      const list = page.getByRole('menu', {name: 'Actions of checkout-42'});
      expect(await focused(page) === 'Continue …', `the focus is on ${await focused(page)}`);
      const {x, y, width, height} = await list.boundingBox();
      expect(x >= 0 && y >= 0 && x + width <= 1280 && y + height <= 900, 'the menu is cut off');
      await shot('menu');
      await page.keyboard.press('Escape');
      expect(await list.count() === 0, 'Escape leaves it open');
      expect(await menu.evaluate((button) => button === document.activeElement),
        'the focus does not come back');
      await page.keyboard.press('Enter');
      await page.keyboard.press('End');
      expect(await focused(page) === 'History and new version', await focused(page));
      await page.keyboard.press('ArrowUp');
      expect(await focused(page) === 'Abort …', await focused(page));
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog[open]');
      await sees(page, /25 % of the traffic \(about \d+ requests\/s\) returns from 2\.4\.0 to/,
        'dialog');
      expect(await focused(page) === 'Cancel', 'the focus does not start on Cancel');
      expect(server.posted.length === 0, 'something was sent before it was confirmed');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog', {state: 'detached'});
      const [sent] = server.posted.splice(0);
      expect(sent.operation === 'abort' && sent.release === 'checkout-42', JSON.stringify(sent));
      await page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].some((row) =>
        /checkout-42/.test(row.textContent) && /Terminated/.test(row.textContent)));
    },
  },
  {
    name: 'a row offers what its release allows, and nothing to who may only look',
    run: async ({page, server, open}) => {
      await open('releases');
      await page.getByRole('button', {name: 'Actions of search-3'}).click();
      await sees(page, /Return to a version …\s+Retry …|Retry …\s+Return to a version …/,
        '.menu-list');
      expect(await page.getByRole('menuitem', {name: /Pause|Abort/}).count() === 0,
        'what is over can be paused');
      server.scene({role: 'viewer'});
      await page.reload();
      await page.getByRole('button', {name: 'Actions of checkout-42'}).click();
      await sees(page, 'You may look but not act: user:guest is a viewer', '.menu-list');
      expect(await page.getByRole('menuitem').count() === 1, 'a viewer can act');
      await page.getByRole('menuitem', {name: 'History and new version'}).click();
      await page.waitForURL(/rollouts\/checkout\/history/);
    },
  },
  {
    name: 'the time slider of a replay goes back',
    run: async ({page, open, shot}) => {
      await open('replays?release=payments-7');
      const slider = page.getByRole('slider');
      await slider.focus();
      await page.keyboard.press('Home');
      await sees(page, '0 s after the start');
      await page.keyboard.press('PageUp');
      await shot('replay-earlier');
    },
  },
  {
    name: 'a report file is replayed in the browser',
    run: async ({page, server, open}) => {
      await open('replays');
      const doc = server.docs().get('payments-7');
      const rows = [{time: doc.start, stable: 0.001, canary: 0.002, lower: 0.5, upper: 3, logE: 1,
        weight: 5, n: 100}];
      await page.setInputFiles('input[type=file]', {name: 'r.json', mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify({release: doc, samples: {'error-rate': rows}}))});
      await sees(page, 'payments-7: 2.4.0 against 2.3.0');
      await page.setInputFiles('input[type=file]', {name: 'x.json', mimeType: 'application/json',
        buffer: Buffer.from('{"a": 1}')});
      await sees(page, 'x.json is neither a report');
    },
  },
  {
    name: 'a recording is replayed by the server',
    run: async ({page, open, shot}) => {
      await open('replays');
      await page.setInputFiles('input[type=file]', {name: 'incident.om', mimeType: 'text/plain',
        buffer: Buffer.from('# EOF\n')});
      await page.getByLabel('Policy of').selectOption('search');
      await page.getByRole('button', {name: 'Replay incident.om'}).click();
      await sees(page, 'at t = 1 min 24 s with 31 bad requests');
      await sees(page, 'would be rolled back');
      await sees(page, /\d+ looks over/);
      await shot('replay-recording');
      await page.setInputFiles('input[type=file]', {name: 'large.srn',
        mimeType: 'application/octet-stream', buffer: Buffer.alloc(3_000_001)});
      await sees(page, 'serin replay -f policy.yaml large.srn');
    },
  },
  {
    name: 'the report of a release is handed out as a file',
    run: async ({page, open}) => {
      await open('releases/search-3');
      const [file] = await Promise.all([page.waitForEvent('download'),
        page.getByRole('button', {name: 'Markdown report'}).click()]);
      expect(file.suggestedFilename() === 'search-3.md', file.suggestedFilename());
      const content = readFileSync(await file.path(), 'utf8');
      expect(content === 'Release search-3: Failed\n', content);
    },
  },
  {
    name: 'what the router does is shown as text for any router',
    run: async ({page, server, open, shot}) => {
      await open('releases/checkout-42');
      await page.getByRole('button', {name: 'HAProxy (in use)'}).click();
      await sees(page, 'set server be/canary1 weight 25');
      await page.getByRole('button', {name: 'Istio'}).click();
      await sees(page, 'kind: VirtualService');
      await sees(page, 'Copy the text');
      await shot('release-router-text');
      server.scene({noText: true});
      await page.getByRole('button', {name: 'Gateway API'}).click();
      await sees(page, 'Istio takes whole per cent only');
    },
  },
  {
    name: 'two releases are chosen from the history and compared by keys',
    run: async ({page, open}) => {
      await open('rollouts/cart/history');
      await page.getByRole('link', {name: 'Compare two releases'}).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/cart\/compare/);
      await sees(page, 'cart-03');
      await page.getByLabel('Compared with').focus();
      await page.keyboard.type('cart-02');
      await page.waitForURL(/b=cart-02/);
      await sees(page, '▲ worse');
    },
  },
  {
    name: 'a metric is muted from its own page, with a reason',
    run: async ({page, server, open}) => {
      await open('releases/payments-7/metrics/latency');
      await page.getByRole('button', {name: 'Mute …'}).click();
      await sees(page, 'judged no more in this release', 'dialog');
      const send = page.locator('dialog button[type=submit]');
      expect(await send.isDisabled(), 'it can be sent without a reason');
      await page.getByLabel(/Why/).fill('the exporter lies');
      await send.click();
      await page.waitForSelector('dialog', {state: 'detached'});
      const [sent] = server.posted.splice(0);
      expect(sent.operation === 'mute' && sent.body.metric === 'latency' &&
        sent.body.reason === 'the exporter lies', JSON.stringify(sent));
    },
  },
  {
    name: 'a target is asked now, and its answer says what to do',
    run: async ({page, server, open, shot}) => {
      server.scene({role: 'admin'});
      await open('targets');
      const row = (text) => page.locator('tbody tr', {hasText: text});
      await row('ads-8').getByRole('button', {name: /Test now/}).click();
      await sees(page, 'answered after 3 ms');
      await sees(page, 'stable: 2 of 2 servers ready');
      await row('images-5').getByRole('button', {name: /Test now/}).click();
      await sees(page, 'failed after 1 ms');
      await sees(page, 'unavailable: connection refused (127.0.0.1:9091)');
      await row('checkout-42').filter({hasText: 'latency'})
        .getByRole('button', {name: /Test now/}).click();
      await sees(page, '2.3.0: 36 series, 2.4.0: 12 series');
      const asked = server.posted.splice(0).map(({target}) => target).join(' ');
      expect(asked === 'router:ads-8 metrics:images-5:error-rate metrics:checkout-42:latency',
        asked);
      await page.getByText('What was asked').last().click();
      await sees(page, /http_request_duration_seconds_bucket\{version/);
      await shot('targets-tested');
      // The next reading keeps the answers.
      await page.getByRole('button', {name: 'Refresh'}).click();
      await sees(page, 'failed after 1 ms');
    },
  },
  {
    name: 'what was read stays, dimmed and with its age, when reading it again fails',
    run: async ({page, server, open, shot}) => {
      await open('targets');
      await sees(page, 'connection refused, for 41 s');
      server.scene({fail: 503});
      await page.getByRole('button', {name: 'Refresh'}).click();
      await sees(page, 'The store does not answer');
      await sees(page, /Shown below: what was read \d+ s ago/);
      await sees(page, 'connection refused, for 41 s');
      expect(await page.locator('.aged table').count() === 1, 'what is old does not look old');
      await shot('targets-aged');
      server.scene({});
      await page.getByRole('button', {name: 'Try again'}).click();
      await page.waitForSelector('.aged', {state: 'detached'});
    },
  },
  {
    name: 'light, dark and back, kept',
    run: async ({page, open}) => {
      await open('releases');
      await page.keyboard.press('t');
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      expect(await theme() === 'light', 'not light');
      await page.keyboard.press('t');
      await page.reload();
      expect(await theme() === 'dark', 'dark is not kept');
    },
  },
];
