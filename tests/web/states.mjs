// Every page in every state it can be in: what must be read there, and a picture.
import {expect, sees, seesNot} from './check.mjs';

// Nothing is wider than the screen, but for what scrolls by itself.
async function narrow(page) {
  const [width, screen] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth]);
  expect(width <= screen, `the page is ${width} wide at ${screen}`);
}

// And nothing has to be scrolled to aside, in a list either.
async function whole(page) {
  await narrow(page);
  const hidden = await page.evaluate(() => [...document.querySelectorAll('.list, td')]
    .filter((each) => each.scrollWidth > each.clientWidth + 1)
    .map((each) => `${each.className} ${each.textContent.slice(0, 40)}`));
  expect(hidden.length === 0, `cut off: ${hidden}`);
}

const primary = (name) => async (page) => expect(
  await page.locator('.operations .primary').innerText() === name, `${name} is not offered first`);

// path, what must be seen; `scene` and `bend` change the server; `act` does something first.
const kStates = [
  {name: 'release-progressing', path: 'releases/checkout-42', see: [
    /2\.4\.0 has 25 % of the traffic: error-rate undecided: \d+ of [\d ]+ against \d+ of/,
    /Is it worse\?\s+… No sign of it so far/, /What comes next\s+50 %\s+in 1 min \d+ s/,
    /\d+ %\s+of what promotes/, '2.3.0 has 75 %', /limit \+2 %/, 'confirmed by the router',
    /must pass/, 'Roll back',
    'Abort', /live, heard \d s ago/]},
  {name: 'release-paused', path: 'releases/payments-7', see: [
    /Paused at 50 %: promotion waits for more evidence: error-rate undecided/,
    /118 of 110 417/, 'Resume', '‖ Paused: promotion waits for more evidence',
    'The plan is too short to promote by itself',
    /A person decides\s+the evidence does not suffice to promote: Continue, Resume/],
    not: ['Inconclusive']},
  {name: 'release-failed', path: 'releases/search-3', see: [
    'Returned to 2.3.0: error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp',
    /▲ worse/, 'finished, as of', 'Retry', 'not reached', /▲ Yes\s+error-rate ×15\.9/,
    'Nothing: 2.3.0 runs'], not: ['Pause']},
  {name: 'release-worse', path: 'releases/login-4', see: [
    'Paused at 50 %: error-rate worse', /▲ Yes/, /\d+ %\s+of what rolls back/, 'A person decides'],
    not: ['too short to promote'],
    act: async (page) => expect(await page.locator('.operations .primary').count() === 0,
      'going on is offered first though the canary is worse')},
  {name: 'release-succeeded', path: 'releases/cart-9', see: [
    '2.4.0 takes all traffic', /✔ 2\.4\.0 has all\s+traffic/, /✔ ok/, 'finished, as of',
    'Roll back', /Canary 2\.4\.0\s+✔ all traffic\s+instead of 2\.3\.0/,
    'followed by cart-10']},
  {name: 'release-no-data', path: 'releases/mail-2', see: [
    'no samples of the canary since 14:02', /\? no data/, 'no samples',
    'less than 80 % of the expected scrapes were seen', 'Unknown: no data'],
    not: ['no metric says worse']},
  {name: 'release-metrics-down', path: 'releases/images-5', see: [
    'Metrics do not answer; the release holds', 'connection refused, for 41 s', /\? no answer/,
    /What comes next\s+50 %\s+not before the metrics answer again/, 'held',
    'metrics do not answer: nothing says worse'],
    not: ['if this holds', 'complete enough', 's left'],
    act: async (page) => expect(await page.locator('.headline.unsure').count() === 1,
      'the first line looks as if all were well')},
  {name: 'release-starting', path: 'releases/feed-1', see: [
    '1 of 2 servers are ready', 'No metric is judged', 'It has no traffic yet',
    /5 %\s+once 2 servers are ready \(1 now\)/]},
  {name: 'release-split-mismatch', path: 'releases/ads-8', see: [
    'the router has another split than is set', /60 % canary/,
    /⚠ 60 % of the traffic\s+though 25 % is set/,
    '2.4.0 has 60 % of the traffic, though 25 % is set: error-rate undecided'],
    act: async (page) => expect(await page.locator('.headline.bad').count() === 1,
      'the first line looks as if all were well')},
  {name: 'release-rising', path: 'releases/checkout-42', scene: {still: true}, bend: ({weight}) =>
    Object.assign(weight, {set: 50, confirmed: false}), see: [
    /◌ 25 % of the traffic\s+50 % is set, not confirmed yet/, '? not confirmed yet'],
    not: ['another split than is set']},
  {name: 'release-rolling-back', path: 'releases/search-3', bend: (doc) => Object.assign(doc, {
    status: 'RollingBack', end: null, allowed: [],
    weight: {...doc.weight, set: 0, observed: 25, confirmed: false}}), see: [
    'Returning to 2.3.0: error-rate worse: 31 of 1 004',
    /⚠ 25 % of the traffic\s+though 0 % is set/,
    /All traffic returns\s+to 2\.3\.0: asked of the router until it is read back/, 'not reached',
    'Nothing can be done to this release now'], not: ['to come']},
  {name: 'release-contested', path: 'releases/checkout-42', scene: {still: true},
    bend: ({judgement}) => Object.assign(judgement, {contested: true,
      contested_sentence: 'error-rate undecided: 19 of 702 against 5 of 2 604, limit +0.5 pp'}),
    see: ['too much speaks against it to go on: error-rate undecided: 19 of 702',
      /… Perhaps/], not: ['contested']},
  {name: 'release-terminated', path: 'releases/checkout-42', bend: (doc) => Object.assign(doc, {
    status: 'Terminated', cause: 'abort', next: null, sentence: 'aborted by ana: wrong build',
    end: new Date().toISOString(), allowed: ['undo', 'retry']}), see: [
    'Aborted by ana: wrong build.', 'too little to promote it: error-rate undecided',
    'Nothing: 2.3.0 runs', 'not reached'], not: ['promotion waits', 'to come']},
  {name: 'release-refused', path: 'releases/search-3', bend: (doc) => Object.assign(doc, {
    cause: 'refused', sentence: 'preflight: leastconn makes no use of weights'}), see: [
    '2.4.0 was not released: preflight: leastconn makes no use of weights.'],
    not: ['Returned to']},
  {name: 'release-paused-by-hand', path: 'releases/checkout-42', bend: (doc) => Object.assign(doc, {
    status: 'Paused', reason: 'Manual', sentence: 'paused by ana', next: null,
    allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback']}),
    see: ['Paused at 25 %: paused by ana.'], act: primary('Resume')},
  {name: 'release-paused-by-plan', path: 'releases/checkout-42', bend: (doc) => Object.assign(doc, {
    status: 'Paused', reason: 'StepWait', sentence: '', next: null,
    allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback']}),
    see: ['Paused at 25 %: the plan waits for a person.'], act: primary('Continue')},
  {name: 'release-many', path: 'releases/checkout-42', scene: {still: true}, bend: (doc) => {
    const [one] = doc.report.metrics;
    for (let i = 0; i < 47; ++i) {
      doc.report.metrics.push({...one, name: `queue-${i}`, verdict: i === 40 ? 'fail' : 'pass'});
    }
    doc.steps = Array.from({length: 20}, (_, i) => ({status: i < 7 ? 'done' : i === 7 ? 'current'
      : 'pending', start: null, end: null, ...(i % 2 ? {kind: 'pause', duration_s: 600}
      : {kind: 'setWeight', weight: 5 * (i / 2 + 1)})}));
    doc.step = 7;
  }, see: ['queue-46', '50 %'], act: async (page) => {
    const first = await page.locator('.metrics tbody tr').first().innerText();
    expect(/queue-40/.test(first), `what is worse is not first: ${first}`);
    const widths = await page.locator('.stepper > li').evaluateAll((steps) =>
      steps.map((step) => step.getBoundingClientRect().width));
    expect(Math.max(...widths) - Math.min(...widths) < 1, `steps are ${widths} wide`);
  }},
  {name: 'release-tablet', path: 'releases/search-3',
    options: {viewport: {width: 768, height: 1024}}, see: ['Towards “fine”', '▲ worse'],
    act: whole},
  {name: 'releases-tablet', path: 'releases', options: {viewport: {width: 768, height: 1024}},
    see: ['read back'], act: whole},
  {name: 'release-paper', path: 'releases/search-3', options: {colorScheme: 'dark'}, see: [
    '▲ worse'], act: async (page) => {
    await page.waitForSelector('.plot canvas');
    await page.emulateMedia({media: 'print', colorScheme: 'dark'});
    await page.waitForSelector('.plot:not(.dark) canvas');
    const pressed = await page.locator('button:visible:not(.key), summary:visible').allInnerTexts();
    expect(pressed.length === 0, `on paper there is ${pressed}`);
    const [colour, ground, cut] = await page.evaluate(() => [getComputedStyle(document.body).color,
      getComputedStyle(document.body).backgroundColor,
      [...document.querySelectorAll('.timeline, .scroll')].filter((each) =>
        each.scrollHeight > each.clientHeight + 2).length]);
    expect(colour === 'rgb(28, 33, 40)' && ground === 'rgb(255, 255, 255)', `${colour} ${ground}`);
    expect(cut === 0, 'something is cut off on paper');
  }},
  {name: 'release-deleted', path: 'releases/gone-1', see: [
    'gone-1 is not here', 'What the audit log says']},
  {name: 'release-error', path: 'releases/checkout-42', scene: {fail: 503}, see: [
    'The store does not answer', 'disk I/O error', 'r-4711', 'Try again']},
  {name: 'release-forbidden', path: 'releases/checkout-42', scene: {role: 'viewer'}, see: [
    'You may look but not act', 'is a viewer'],
    act: async (page) => expect(await page.getByRole('button', {name: 'Abort'}).isDisabled(),
      'a viewer can press Abort')},
  {name: 'release-no-curve', path: 'releases/cart-9', scene: {noSamples: true}, see: [
    'No curve of this release is kept any more']},
  {name: 'release-after-restart', path: 'releases/search-3', scene: {restarted: true}, see: [
    /\d+ looks over/]},
  {name: 'release-loading', path: 'releases/checkout-42', scene: {slow: 4000},
    before: async (page) => page.waitForSelector('[aria-busy=true] .bone.shown'),
    see: ['checkout-42']},
  {name: 'release-step', path: 'releases/checkout-42#step=1', see: [
    'Step 2 of 6: watch 15 s', 'Begun', /Took\s+15 s/]},
  {name: 'release-step-weight', path: 'releases/checkout-42#step=2', see: [
    /Canary’s share\s+5 % → 25 %/, '2.3.0 → 2.4.0']},
  {name: 'release-approval', path: 'releases/till-6#step=5', see: ['does the till add up: Approve',
    /Answer\s+a person is asked/, 'and what 2 rules send it', 'beside its share: 2'],
    act: async (page) => expect(await page.locator('.operations .primary').innerText() ===
      'Approve', 'what the plan waits for is not offered first')},
  {name: 'release-dark', path: 'releases/search-3', options: {colorScheme: 'dark'}, see: [
    /▲ worse/]},
  {name: 'release-narrow', path: 'releases/search-3',
    options: {viewport: {width: 320, height: 800}}, see: [/▲ worse/],
    act: narrow},
  {name: 'release-phone', path: 'releases/checkout-42',
    options: {viewport: {width: 390, height: 844}, colorScheme: 'dark'},
    see: [/What comes next/], act: async (page) => {
      await narrow(page);
      const abort = await page.getByRole('button', {name: 'Abort', exact: true}).boundingBox();
      expect(abort.y + abort.height < 844, `Abort is ${abort.y} down on a phone`);
    }},
  {name: 'release-long-names', path: 'releases/long-1', scene: {long: true}, see: [
    'invoice-rendering-error-rate'], act: narrow},
  {name: 'release-long-names-phone', path: 'releases/long-1', scene: {long: true},
    options: {viewport: {width: 390, height: 844}}, see: ['invoice-rendering-error-rate'],
    act: narrow},
  {name: 'releases-phone', path: 'releases', options: {viewport: {width: 390, height: 844}},
    see: ['checkout-42'], act: narrow},
  {name: 'releases', path: 'releases', see: [/Needs attention \d/, 'checkout-42', /✖ Failed/,
    /‖ Paused/, 'error-rate worse: 31 of 1 004 against 7 of 3 611', /read back 60 %/, 'Earlier',
    'cart-02',
    'not judged yet', 'Needs attention 7', /undecided\s+an approval is awaited/,
    /no data\s+before that: error-rate undecided/, 'aborted by ana: wrong build']},
  {name: 'releases-old', path: 'releases?q=old', scene: {old: true}, see: [
    'old-1', /▲ worse\s+error-rate worse: 31 of 1 004/], not: ['not read back']},
  {name: 'releases-attention', path: 'releases?status=attention', see: ['search-3', 'mail-2'],
    not: ['cart-9']},
  {name: 'releases-search', path: 'releases?q=cart,pay', see: ['cart-9', 'payments-7'],
    not: ['search-3']},
  {name: 'releases-empty', path: 'releases', scene: {empty: true}, see: [
    'No rollout is configured yet', 'New canary rollout', 'New blue-green rollout', 'serin demo']},
  {name: 'releases-loading', path: 'releases', scene: {slow: 4000},
    before: async (page) => page.waitForSelector('[aria-busy=true] .bone.shown'),
    see: ['Releases']},
  {name: 'releases-error', path: 'releases', scene: {fail: 503}, see: [
    'The store does not answer', 'Try again']},
  {name: 'releases-dark', path: 'releases', options: {colorScheme: 'dark'}, see: ['checkout-42']},
  {name: 'history', path: 'rollouts/cart/history', see: ['cart-9', 'cart-02', 'Roll back to 2.3.0',
    'aborted by ana: wrong build', 'Update version', 'New version', 'ben'],
    act: async (page) => {
      const link = page.getByRole('link', {name: 'checkout/1381'});
      expect(await link.getAttribute('href') === 'https://ci.example/checkout/1381',
        'the pipeline is no link');
      expect(await page.locator('td.pipeline').nth(2).innerText() === '–', 'a link to nowhere');
    }},
  {name: 'history-under-way', path: 'rollouts/checkout/history', see: ['Under way: checkout-42']},
  {name: 'history-missing', path: 'rollouts/nothing/history', see: ['No such rollout']},
  {name: 'metric', path: 'releases/search-3/metrics/error-rate', see: [
    'E-value against the canary', 'Share of the error budget', '31 of 1 004', 'Samples as CSV',
    'Forecast', 'finished, as of'], not: ['live, heard']},
  {name: 'metric-histogram', path: 'releases/payments-7/metrics/latency', see: [/p50/, /p99/]},
  {name: 'metric-query', path: 'releases/search-3/metrics/latency', see: ['What is asked',
    /http_request_duration_seconds_bucket\{version=~/, 'Copy the query',
    'Asked of http://127.0.0.1:9090', 'All metrics together', 'of the distributions'],
    act: async (page) => {
      const link = page.getByRole('link', {name: /Open in Prometheus/}).first();
      const at = new URL(await link.getAttribute('href'));
      expect(at.origin === 'http://127.0.0.1:9090' && at.pathname === '/graph', at.href);
      expect(at.searchParams.get('g0.expr').endsWith('[45s]'), at.href);
      expect(/^\d{4}-\d\d-\d\d /.test(at.searchParams.get('g0.moment_input')), at.href);
      await page.getByText(/^The newest \d+ of/).click();
      await sees(page, 'Canary’s n');
    }},
  {name: 'metric-fresh', path: 'releases/till-6/metrics/error-rate', see: [
    /Compared with\s+2 fresh instances of stable/]},
  {name: 'metric-router', path: 'releases/payments-7/metrics/edge-errors', see: [
    'the router’s own counters'], not: ['Open in Prometheus']},
  {name: 'metric-query-gone', path: 'releases/search-3/metrics/latency', scene: {noQuery: true},
    see: ['No query of it is known any more']},
  {name: 'metric-narrow', path: 'releases/search-3/metrics/error-rate',
    options: {viewport: {width: 320, height: 800}}, see: ['What is asked', 'Copy the query'],
    act: narrow},
  {name: 'compare', path: 'rollouts/cart/compare?a=cart-9&b=cart-02', see: ['Two releases of cart',
    '✔ Succeeded', '✖ Failed', 'Policy’s revision', '9f2c51', '4c1a9e', 'differs',
    'took 1 min 40 s', 'not reached', '▲ worse', 'analysis.metrics[error-rate].metric.interval', '30s',
    'strategy.canary.steps[1].pause.duration'], not: ['versions.canary']},
  {name: 'compare-dark', path: 'rollouts/cart/compare', options: {colorScheme: 'dark'}, see: [
    'cart-9', 'cart-03']},
  {name: 'compare-narrow', path: 'rollouts/cart/compare',
    options: {viewport: {width: 320, height: 800}}, see: ['cart-9', 'What differs in the plans'],
    act: async (page) => {
      await narrow(page);
      const over = await page.evaluate(() => [...document.querySelectorAll('table.two td')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent));
      expect(over.length === 0, `runs into the next column: ${over}`);
    }},
  {name: 'compare-no-plan', path: 'rollouts/cart/compare', scene: {noPlan: true}, see: [
    'is not kept any more']},
  {name: 'compare-gone', path: 'rollouts/cart/compare?a=cart-9&b=cart-8', see: [
    'Nothing is kept of cart-8 any more']},
  {name: 'compare-error', path: 'rollouts/cart/compare', scene: {fail: 503}, see: [
    'The store does not answer', 'Try again']},
  {name: 'compare-loading', path: 'rollouts/cart/compare', scene: {slow: 4000},
    before: async (page) => page.waitForSelector('[aria-busy=true] .bone.shown'),
    see: ['Two releases of cart']},
  {name: 'replay-empty', path: 'replays', see: ['Nothing chosen yet', 'serin report']},
  {name: 'replay', path: 'replays?release=payments-7', see: ['after the start; canary at',
    'Towards “worse”']},
  {name: 'plan', path: 'plan', see: ['In nine of ten', 'setWeight: 25', 'serin plan --rps 200']},
  {name: 'wizard', path: 'new', see: ['kind: Rollout', 'setWeight: 25', 'Check'],
    act: async (page) => {
      await page.getByRole('button', {name: 'Check', exact: true}).click();
      await sees(page, 'no errors, no warnings');
    }},
  {name: 'wizard-lint-fails', path: 'new', scene: {lintErrors: true}, see: ['kind: Rollout'],
    act: async (page) => {
      await page.getByRole('button', {name: 'Check', exact: true}).click();
      await sees(page, '1 error, no warnings');
      await sees(page, 'line 3: E005');
    }},
  {name: 'wizard-error', path: 'new', scene: {fail: 503}, see: ['kind: Rollout'],
    act: async (page) => {
      await page.getByRole('button', {name: 'Check', exact: true}).click();
      await sees(page, 'The store does not answer');
    }},
  {name: 'wizard-forbidden', path: 'new', scene: {role: 'viewer'}, see: [
    'You may look but not put it in force', 'is a viewer']},
  {name: 'wizard-narrow', path: 'new', options: {viewport: {width: 320, height: 800}},
    see: ['kind: Rollout'],
    act: async (page) => {
      await page.getByLabel('Who gets the new version first').selectOption('content');
      await narrow(page);
    }},
  {name: 'wizard-blue-green-narrow', path: 'new?type=blueGreen',
    options: {viewport: {width: 320, height: 800}}, see: ['blueGreen:', 'The switch'],
    act: narrow},
  {name: 'wizard-dark', path: 'new', options: {colorScheme: 'dark'}, see: ['kind: Rollout'],
    act: async (page) => {
      await page.getByLabel('Who gets the new version first').selectOption('content');
    }},
  {name: 'targets', path: 'targets', scene: {role: 'admin'}, see: ['answers', 'fails',
    'not looked yet', 'connection refused, for 41 s', '2 of 8 targets do not answer',
    'Is the metrics server running', 'One router has not confirmed', /⚠ read back 60 %/,
    '47 s ago', 'read again every 10 s'],
    act: async (page) => {
      const first = await page.locator('tbody tr').first().innerText();
      expect(/fails/.test(first), `what fails is not first: ${first}`);
    }},
  {name: 'targets-forbidden', path: 'targets', see: ['Testing needs the role admin',
    'is an operator'],
    act: async (page) => expect(await page.getByRole('button', {name: /Test now/}).first()
      .isDisabled(), 'an operator can test')},
  {name: 'targets-narrow', path: 'targets', options: {viewport: {width: 390, height: 800}},
    see: ['connection refused, for 41 s'], act: narrow},
  {name: 'targets-empty', path: 'targets', scene: {empty: true}, see: [
    'No release is under way', 'serin lint rollout.yaml --online']},
  {name: 'targets-error', path: 'targets', scene: {fail: 503}, see: ['The store does not answer']},
  {name: 'audit', path: 'audit', scene: {role: 'admin'}, see: ['user:ana', 'search-3',
    'why: waiting for the mail team', 'weight 25 → 50', 'Older entries'], not: ['cert:deploy'],
    act: async (page) => {
      await page.getByRole('button', {name: 'Older entries'}).click();
      await sees(page, 'cert:deploy');
      await sees(page, '✖ refused: abort needs the role operator');
      await seesNot(page, 'Older entries');
      await page.getByLabel('Who').fill('user:ben');
      await page.keyboard.press('Enter');
      await sees(page, 'weight 25 → 50');
      await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
      expect(page.url().includes('actor=user'), page.url());
    }},
  {name: 'audit-since', path: 'audit?since=2099-01-01', scene: {role: 'admin'}, see: [
    'Nothing is recorded of this', 'All that is recorded']},
  {name: 'audit-empty', path: 'audit?subject=gone-1', scene: {role: 'admin', empty: true}, see: [
    'Nothing is recorded of this']},
  {name: 'audit-forbidden', path: 'audit', see: ['The audit log is for administrators']},
  {name: 'settings', path: 'settings', see: ['user:ana', 'operator', '0.1.0', 'Apache-2.0']},
  {name: 'no-such-page', path: 'nowhere', see: ['No such page']},
];

export const states = kStates.map((state) => ({
  name: `state ${state.name}`,
  options: state.options ?? {},
  run: async ({page, server, open, shot}) => {
    server.scene(state.scene ?? {});
    state.bend?.(server.docs().get(state.path.split('/')[1]));
    await open(state.path);
    if (state.before) await state.before(page);
    for (const text of state.see) await sees(page, text);
    for (const text of state.not ?? []) await seesNot(page, text, 'main');
    if (state.act) await state.act(page);
    await page.waitForTimeout(150);  // the chart's canvas, for the picture alone
    await shot(state.name);
    const heads = await page.locator('h1').count();
    expect(heads === 1, `${heads} main headings`);
  },
}));

states.push({
  name: 'state release-aged',
  run: async ({page, server, open, shot}) => {
    await open('releases/checkout-42');
    await sees(page, /live, heard/);
    server.scene({fail: 503});
    // The stream resumes elsewhere: all is read anew, and that fails; what was good stays.
    server.cut(true);
    await page.waitForSelector('[data-testid=stale]');
    server.cut(false);
    await sees(page, /25 % canary/);
    await shot('release-aged');
  },
});
