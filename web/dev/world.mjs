// A small world of releases for working on the dashboard and for its tests: real documents of two
// releases of the demo (fixture.json), renamed and bent into the states a page can be in.
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const real = JSON.parse(readFileSync(
  join(dirname(fileURLToPath(import.meta.url)), 'fixture.json'), 'utf8'));

const copy = (value) => JSON.parse(JSON.stringify(value));
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

// Every time in a document moved so that `newest` is now.
function shift(value, by) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) {
    return new Date(Date.parse(value) + by).toISOString();
  }
  if (Array.isArray(value)) return value.map((item) => shift(item, by));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shift(v, by)]));
  }
  return value;
}

// How far each document's times were moved.
const shifts = new Map();

function release(base, rollout, number, change = {}) {
  const newest = Date.parse(base.weight.observed_at ?? base.start);
  const by = Date.now() - newest;
  const doc = shift(copy(base), by);
  doc.id = `${rollout}-${number}`;
  shifts.set(doc.id, by);
  doc.rollout = rollout;
  doc.service = rollout;
  doc.version = '2.4.0';
  doc.stable_version = '2.3.0';
  for (const metric of doc.report?.metrics ?? []) {
    if (metric.kind === 'histogram') metric.buckets = spread(metric.effect);
  }
  doc.info = {executor: 'ana', pipeline: 'https://ci.example/checkout/1381', policy: rollout,
    environment: 'prod', endpoint: `https://${rollout}.example`, revision: '9f2c51'};
  Object.assign(doc, change);
  return doc;
}

// What both sides counted in the buckets of a histogram, in this step; the canary a little slower.
function spread({canary, stable}) {
  const of = (n, parts) => parts.map((part) => Math.round(n * part));
  return {bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    stable: of(stable.exposure, [0, 0.052, 0.45, 0.348, 0.13, 0.018, 0.002, 0, 0]),
    canary: of(canary.exposure, [0, 0.042, 0.425, 0.36, 0.147, 0.022, 0.003, 0.001, 0])};
}

function failing(doc) {
  const metric = doc.report.metrics.find((m) => m.name === 'error-rate');
  const sentence = 'error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp';
  Object.assign(metric, {
    verdict: 'fail', sentence, logE: metric.level * 1.06, fails: true, logEPass: 0,
    canary: {exposure: 1004, events: 31, value: 31 / 1004},
    stable: {exposure: 3611, events: 7, value: 7 / 3611},
    effect: {scale: 'ratio', estimate: 15.9, lower: 6.1, upper: 41.2},
  });
  const combined = doc.report.combined;
  Object.assign(combined, {logE: combined.level * 1.01, fail: true});
  doc.judgement.findings = [{metric: 'error-rate', sentence, action: 'rollback', guard: false}];
  doc.judgement.passed = false;
  return sentence;
}

// The failed release: from its first traffic to its return, and from its second weight on.
const kFailedS = 84;
const kSecondStepS = 54;

// How its metrics came to what `failing` says, a look a second.
function failedSamples(doc, name) {
  const metric = doc.report.metrics.find((m) => m.name === name);
  if (!metric) return [];
  const rows = [];
  for (let i = 4; i < kFailedS; i += 2) {  // the look that ended it is in the report alone
    const part = i / kFailedS;
    const n = Math.round(metric.canary.exposure * part ** 1.4);
    const wave = 0.25 * (1 - part) * Math.sin(i / 5);
    const known = 1 / Math.sqrt(part);
    rows.push({time: new Date(Date.parse(doc.end) - (kFailedS - i) * 1000).toISOString(),
      canary: metric.canary.value * (1 + wave), stable: metric.stable.value * (1 - wave / 2),
      lower: metric.effect.lower / known ** 2, upper: typeof metric.effect.upper === 'number'
        ? metric.effect.upper * known ** 2 : metric.effect.upper,
      logE: metric.logE * part ** 2, logEPass: metric.logEPass * part, weight: i < kFailedS - kSecondStepS ? 5 : 25, n});
  }
  return rows;
}

function failedDecisions(doc) {
  const at = (seconds) => new Date(Date.parse(doc.end) - seconds * 1000).toISOString();
  const traffic = (seconds, units) => ({time: at(seconds), kind: 'trafficOutcome',
    body: {result: 'done', observed: {canary_units: units}}});
  const judged = (seconds, judgement) => ({time: at(seconds), kind: 'judged', body: {judgement}});
  return [{time: doc.start, kind: 'opened', body: {}}, traffic(kFailedS + 2, 0),
    traffic(kFailedS, 500), traffic(kSecondStepS, 2500),
    judged(21, {contested: true, contested_sentence:
      'error-rate undecided: 19 of 702 against 5 of 2 604, limit +0.5 pp', findings: []}),
    judged(0.02, {contested: true, findings: doc.judgement.findings}), traffic(0, 0)];
}

// The counts of an undecided metric, in its sentence and in what waits for it.
export function counted(doc) {
  const group = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ' ');
  for (const metric of doc.report?.metrics ?? []) {
    if (metric.verdict !== 'inconclusive' || metric.kind !== 'errors') continue;
    const {canary, stable} = metric;
    const now = `${group(canary.events)} of ${group(canary.exposure)} against ` +
      `${group(stable.events)} of ${group(stable.exposure)}`;
    const said = (text) => text.replace(/\d+ of [\d ]+\d against \d+ of [\d ]+\d/, now);
    metric.sentence = said(metric.sentence);
    const {judgement} = doc;
    if (judgement?.undecided_metric === metric.name) {
      judgement.undecided_sentence = said(judgement.undecided_sentence);
      doc.sentence = said(doc.sentence);
    }
  }
}

const kBack = ['rollback', 'undo', 'retry'];

// id -> document, newest first.
export function makeWorld() {
  const docs = [];
  const running = release(real.progressing, 'checkout', 42,
    {allowed: ['continue', 'promoteFully', 'pause', 'abort', 'rollback', 'setWeight', 'mute']});
  running.steps[3].duration_s = 120;
  running.next = {at: new Date(Date.now() + 72_000).toISOString(), in_s: 72, extended: false};
  docs.push(running);
  docs.push(release(real.paused, 'payments', 7,
    {allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback', 'setWeight', 'mute']}));
  const failed = release(real.progressing, 'search', 3,
    {status: 'Failed', cause: 'metric', allowed: kBack, next: null, verdict: 'fail', step: 3});
  failed.sentence = failing(failed);
  failed.end = ago(30);
  failed.start = ago(30 + kFailedS + 4);
  const begun = [kFailedS, kFailedS, kSecondStepS, kSecondStepS];
  [30, 54].forEach((length, i) => { failed.steps[2 * i + 1].duration_s = length; });
  failed.weight = {...failed.weight, set: 0, observed: 0, confirmed: true};
  failed.steps.forEach((step, i) => {
    if (i <= 3) Object.assign(step, {start: ago(30 + begun[i]), end: ago(30 + (begun[i + 1] ?? 0))});
    if (i === 3) Object.assign(step, {status: 'failed', end: failed.end});
    if (i > 3) Object.assign(step, {status: 'pending', start: null, end: null});
  });
  docs.push(failed);
  const good = release(real.paused, 'cart', 9, {status: 'Succeeded', reason: '', verdict: 'pass',
    sentence: '2.4.0 takes all traffic', allowed: ['rollback', 'undo'], end: ago(4000),
    start: ago(5200)});
  good.followed_by = ['cart-10'];
  good.weight = {...good.weight, set: 0, observed: 0, confirmed: true};
  followed(good);
  shifts.set(good.id, Date.parse(good.start) - Date.parse(real.paused.start));
  Object.assign(good.judgement, {passed: true, undecided_metric: '', undecided_sentence: ''});
  for (const metric of good.report.metrics) {
    Object.assign(metric, {verdict: 'pass', pass: true, logEPass: metric.passLevel * 1.2,
      sentence: metric.sentence.replace('undecided', 'within its limit')});
  }
  docs.push(good);
  const silent = release(real.progressing, 'mail', 2, {
    verdict: 'noData', status: 'Paused', reason: 'NoData',
    sentence: 'no samples of the canary since 14:02: its target answers no scrape (up = 0)',
    allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback'], next: null});
  for (const metric of silent.report.metrics) {
    Object.assign(metric, {verdict: 'noData', windows: 0, noData: 14,
      sentence: `${metric.name} without data: 14 looks without usable samples`});
    metric.canary = {exposure: 0, events: 0, value: 'NaN'};
    metric.effect = {...metric.effect, estimate: 'NaN', lower: 0, upper: '+Inf'};
  }
  silent.judgement.covered = false;
  docs.push(silent);
  const down = release(real.progressing, 'images', 5, {verdict: 'noData',
    allowed: ['pause', 'abort', 'rollback']});
  down.judgement.sources_down = true;
  down.judgement.sources_sentence = 'prometheus: connection refused, for 41 s';
  for (const metric of down.report.metrics) metric.problem = 'connection refused';
  docs.push(down);
  const worse = release(real.paused, 'login', 4, {reason: 'MetricFailed', verdict: 'fail',
    allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback']});
  worse.sentence = failing(worse);
  worse.weight = {...worse.weight, observed: 50};
  docs.push(worse);
  const starting = release(real.progressing, 'feed', 1, {status: 'Starting', step: 0,
    sentence: '', report: null, judgement: null, verdict: 'noData', next: null,
    startup: {ready: 1, total: 2, percent: 50}, allowed: ['pause', 'abort', 'rollback']});
  starting.weight = {set: 0, observed: 0, confirmed: true, observed_at: ago(1)};
  starting.steps.forEach((step) => Object.assign(step,
    {status: 'pending', start: null, end: null}));
  docs.push(starting);
  const other = release(real.progressing, 'ads', 8, {allowed: ['continue', 'pause', 'abort']});
  other.weight = {...other.weight, set: 25, observed: 60, confirmed: false};
  docs.push(other);
  const asked = release(real.progressing, 'till', 6, {status: 'Paused', reason: 'Approval',
    sentence: '', step: 5, next: null, allowed: ['approve', 'promoteFully', 'abort', 'rollback']});
  asked.steps[5] = {kind: 'approval', status: 'current', asked: 'does the till add up',
    approval: 'waiting', start: ago(300), end: null};
  asked.steps.forEach((step, i) => { if (i < 5) step.status = 'done'; });
  asked.weight = {...asked.weight, rules: 2};
  for (const metric of asked.report.metrics) metric.freshStable = 2;
  docs.push(asked);
  docs.forEach(counted);
  return new Map(docs.map((doc) => [doc.id, doc]));
}

// Names as long as they come from build systems.
export function long() {
  const doc = release(real.progressing, 'billing-invoice-renderer-eu-central-1-blue', 1024,
    {allowed: ['continue', 'promoteFully', 'pause', 'abort', 'rollback', 'setWeight', 'mute']});
  doc.id = 'long-1';
  doc.version = 'sha256-7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730';
  doc.stable_version = 'release-2026.11.21-rc.14+build.20261121.0712.g1f3c9a7';
  doc.info.environment = 'production-eu-central-1';
  doc.info.endpoint = 'https://billing-invoice-renderer.internal.eu-central-1.example.com/healthz';
  doc.report.metrics[0].name = 'invoice-rendering-error-rate-by-tenant-excluding-synthetic';
  return new Map([[doc.id, doc]]);
}

export function many(count) {
  const docs = [];
  for (let i = 0; i < count; ++i) {
    docs.push(release(real.progressing, `service-${String(i).padStart(3, '0')}`, i % 50 + 1,
      {allowed: ['continue', 'pause', 'abort', 'rollback']}));
  }
  return new Map(docs.map((doc) => [doc.id, doc]));
}

export function summary(doc) {
  const {steps, judgement, report, info, startup: _startup, ...rest} = doc;
  const worst = report?.metrics.find((m) => m.verdict === 'fail') ??
    report?.metrics.find((m) => m.name === judgement?.undecided_metric);
  return {...rest, steps_total: steps.length, environment: info.environment,
    executor: info.executor, pipeline: info.pipeline,
    worst: worst ? {name: worst.name, verdict: worst.verdict, sentence: worst.sentence} : null};
}

// As the server's store has it, long after it ended.
export function old() {
  const {worst: _worst, ...rest} = summary(makeWorld().get('search-3'));
  return {...rest, id: 'old-1', rollout: 'old', verdict: 'inconclusive', worst: null, allowed: [],
    weight: {set: 0, observed: null, confirmed: false, observed_at: null}};
}

export function samples(doc, metric) {
  if (doc.status === 'Failed') return failedSamples(doc, metric);
  const rows = real.samples['shop-2'][metric] ?? [];
  const silent = doc.verdict === 'noData' && !doc.judgement?.sources_down;
  if (rows.length === 0 || !doc.report || silent) return [];
  const now = doc.report.metrics.find((each) => each.name === metric);
  const {logEPass, passLevel} = now ?? {};
  return continued(shift(rows, moved(doc)).filter((row) => Date.parse(row.time) <= Date.now()), doc,
    now).map((row, i, all) => ({...row, logEPass: (doc.verdict === 'pass' ? passLevel * 1.2
    : logEPass) * (i + 1) / all.length}));
}

const kThinnedS = 10;

// What was recorded, and from there a look each ten seconds towards what the report says now.
function continued(rows, doc, metric) {
  const last = rows.at(-1);
  const end = Date.parse(doc.end ?? doc.weight.observed_at);
  if (!last || !metric || !(end - Date.parse(last.time) > 2000 * kThinnedS)) return rows;
  const begin = Date.parse(last.time);
  const known = ({canary, stable, lower, upper, logE, n}) =>
    ({canary, stable, lower, upper, logE, n});
  const from = known(last);
  const to = known({...metric, canary: metric.canary.value, stable: metric.stable.value,
    lower: metric.effect.lower, upper: metric.effect.upper, n: metric.canary.exposure});
  const more = [];
  for (let at = begin + 1000 * kThinnedS; at < end; at += 1000 * kThinnedS) {
    const part = (at - begin) / (end - begin);
    const wave = 1 + 0.06 * (1 - part) * Math.sin(at / 23_000);
    const between = Object.fromEntries(Object.entries(to).map(([name, value]) => [name,
      typeof value === 'number' && typeof from[name] === 'number'
        ? (from[name] + (value - from[name]) * part) * (name === 'canary' ? wave : 1) : value]));
    more.push({...last, ...between, n: Math.round(between.n), time: new Date(at).toISOString()});
  }
  return [...rows, ...more];
}

export function decisions(doc) {
  if (doc.status === 'Failed') return failedDecisions(doc);
  return shift(copy(real.decisions['shop-2']), moved(doc)).filter((row) => doc.end
    ? row.kind !== 'operated' && row.time < doc.end :
    (row.kind !== 'operated' && Date.parse(row.time) <= Date.now() + 500 &&
      !(row.body.observed?.canary_units > 100 * doc.weight.set) &&
      !(row.body.observed?.canary_units === 0 && Date.parse(row.time) > shares(doc))));
}

// When the canary got its first share.
function shares(doc) {
  const first = doc.steps.find((step) => step.kind === 'setWeight' && step.start);
  return first ? Date.parse(first.start) : Infinity;
}

// What the server tells of a pause.
export function paused(doc) {
  const time = doc.steps.findLast((step) => step.end)?.end ?? doc.start;
  return {change: 9, release: doc.id, component: 'release', type: 'Paused', severity: 'info',
    message: `${doc.reason}: ${doc.sentence}`, first: time, last: time, count: 1};
}

const moved = (doc) => shifts.get(doc.id) ?? 0;

export function rollout(doc) {
  return {name: doc.rollout, service: doc.service, environment: doc.info.environment,
    type: 'canary', router: 'haproxy',
    steps: doc.steps.map(({kind, weight, duration_s}) => ({kind, weight, duration_s})),
    stable_version: doc.status === 'Succeeded' ? doc.version : doc.stable_version,
    active: doc.end ? null : doc.id, latest: summary(doc),
    revision: '5d41402a'};
}

// Older releases of a rollout, so that its history has something to show.
export function history(doc) {
  const now = summary(doc);
  const older = [
    {number: 3, version: '2.3.0', from: '2.2.1', status: 'Succeeded', hours: 30, took: 1200,
      sentence: '2.3.0 takes all traffic'},
    {number: 2, version: '2.3.0-rc2', from: '2.2.1', status: 'Failed', hours: 54, took: 400,
      sentence: 'error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp'},
    {number: 1, version: '2.3.0-rc1', from: '2.2.1', status: 'Terminated', hours: 80, took: 700,
      sentence: 'aborted by ana: wrong build'},
  ];
  return [now, ...older.map((old) => ({...now, id: `${doc.rollout}-0${old.number}`,
    version: old.version, stable_version: old.from, status: old.status, sentence: old.sentence,
    executor: 'ben',
    pipeline: old.number === 2 ? '' : `https://ci.example/${doc.rollout}/9${old.number}`,
    allowed: [], verdict: old.status === 'Failed' ? 'fail' : 'pass', next: null,
    start: ago(old.hours * 3600), end: ago(old.hours * 3600 - old.took)}))];
}

const chained = (entries) => entries.map((entry, i) =>
  ({position: entries.length - i, result: 'done', hash: `9b1c${i}f`, ...entry}));

export const audit = chained([
  {time: ago(40), actor: 'system', operation: 'rollback', subject: 'search-3',
    details: {sentence: 'error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp'}},
  {time: ago(400), actor: 'user:ana', operation: 'release', subject: 'search-3',
    details: {version: '2.4.0', pipeline: 'https://ci.example/search/77'}},
  {time: ago(2000), actor: 'token:k3', operation: 'pause', subject: 'payments-7',
    details: {}, reason: 'waiting for the mail team'},
  {time: ago(2100), actor: 'user:ben', operation: 'setWeight', subject: 'payments-7',
    details: {}, before: {weight: 25}, after: {weight: 50}},
  {time: ago(2200), actor: 'user:guest', operation: 'abort', subject: 'payments-7', details: {},
    result: 'refused: abort needs the role operator'},
  {time: ago(90000), actor: 'cert:deploy', operation: 'apply', subject: 'checkout',
    details: {revision: '5d41402a'}},
]);

// What a replay and a plan come to: the failed release once more, and figures of `serin plan`.
export function replayed({rollout}) {
  const doc = makeWorld().get('search-3');
  const rows = Object.fromEntries(doc.report.metrics.map((m) => [m.name, samples(doc, m.name)]));
  const sentence = 'error-rate worse: 31 of 1 004 against 7 of 3 611, limit +0.5 pp';
  const good = rollout === 'cart';  // its policy lets it pass
  return {verdict: good ? 'promote' : 'rollback', t_s: good ? 120 : 84, metric: 'error-rate', sentence, rollout,
    start: doc.start, looks: 84, series: 24, recorded_samples: 20160, bad_requests: 31,
    steps: [{weight: 5, from_s: 0, to_s: 15}, {weight: 25, from_s: 15, to_s: 45}],
    metrics: doc.report.metrics, samples: rows};
}

export function planned({weights = [1, 5, 25, 50], baseline}) {
  const steps = weights.map((weight) => {
    const detectSeconds = weight < 5 ? 29_000 : 60 + 1800 / weight;
    return {weight, seconds: 300, canaryPerSecond: 2 * weight, requests: 600 * weight,
      detectSeconds, detectMostlySeconds: weight < 5 ? null : Math.round(2.4 * detectSeconds),
      passSeconds: 3000 / weight, power: weight < 5 ? 0.01 : weight < 25 ? 0.31 : 0.97,
      foundBy: 0.98, extraBad: 2 * weight * Math.min(300, detectSeconds) * (baseline ? 0.005 : 1)};
  });
  return {steps, found: 0.98, detectSeconds: 690, extraBad: 14, promoted: 0.91, simulations: 200,
    lines: [], suggestion: 'steps that would do: 5 % for 20m, 25 % for 10m', fits: false,
    warnings: ['step 1 at 1 % takes 5m: it alone finds 1 of 100; use 25 % or more']};
}

// What is asked for a metric; of the router's own counters nothing.
export function asked(metric) {
  const versions = 'version=~"2\\.3\\.0|2\\.4\\.0"';
  const selector = {'error-rate': `{__name__=~"http_requests_total",${versions}}`,
    latency: `http_request_duration_seconds_bucket{${versions}}`}[metric];
  if (!selector) return null;
  return {metric, provider: 'prometheus', address: 'http://127.0.0.1:9090', queries: [
    {text: `${selector}[45s]`}, {text: 'up{job="shop"}[45s]'}]};
}

// The steps of a release that is over, one after the other, as far as its end.
function followed(doc) {
  let at = Date.parse(doc.start);
  const end = Date.parse(doc.end);
  const time = (ms) => new Date(Math.min(ms, end)).toISOString();
  doc.steps.forEach((step, i) => {
    if (step.kind === 'pause') step.duration_s = 250 + 50 * i;  // 300, 400, 500: 20 minutes
    const length = 1000 * (step.duration_s ?? 0);
    const reached = at <= end && (at < end || step.kind === 'pause');
    const whole = at + length <= end;
    const broken = doc.status === 'Failed' ? 'failed' : 'skipped';
    Object.assign(step, {status: !reached ? 'pending' : whole ? 'done' : broken,
      start: reached ? time(at) : null, end: reached ? time(at + length) : null});
    at += length;
  });
}

// One of the older releases that `history` makes up, whole.
export function earlier(docs, id) {
  const [, rollout, number] = /^(.*)-0(\d)$/.exec(id) ?? [];
  const base = [...docs.values()].find((doc) => doc.rollout === rollout);
  const old = base && history(base).find((each) => each.id === id);
  if (!old || !number) return undefined;
  const doc = {...copy(base), id, version: old.version, stable_version: old.stable_version,
    status: old.status, sentence: old.sentence, allowed: [], next: null, start: old.start,
    end: old.end, info: {...base.info, executor: 'ben', revision: '4c1a9e'}};
  if (old.status === 'Failed') failing(doc);
  followed(doc);
  return doc;
}

export function plan(doc) {
  const old = /-0\d$/.test(doc.id);
  const metric = (name, more) => ({metric: {name, interval: old ? '30s' : '10s', compare: more},
    versions: {label: 'version', canary: doc.version, stable: doc.stable_version}});
  const steps = doc.steps.map((step) => step.kind === 'setWeight' ? {setWeight: step.weight}
    : {pause: {duration: old ? '10s' : `${step.duration_s}s`}});
  return {version: doc.version, stableVersion: doc.stable_version,
    rollout: {spec: {strategy: {canary: {steps}}}},
    background: {falseRollbackRate: 0.01, metrics: [
      metric('error-rate', {tolerate: {absolute: old ? 0.001 : 0.0005}}),
      ...(old ? [] : [metric('latency', {histogram: {buckets: 'duration_seconds_bucket'}})])]}};
}

export function routerText(doc, format) {
  const share = doc.weight.set;
  if (format === 'haproxy') {
    return `# weights of the servers of be\nset server be/canary1 weight ${share}\n`;
  }
  if (format === 'nginx') {
    return `split_clients "$request_id" $serin_${doc.rollout} {\n` +
      `  ${share}%  canary;\n  *  stable;\n}\n`;
  }
  const to = (subset, weight) => `    - destination: {host: ${doc.service}, ` +
    `subset: ${subset}}\n      weight: ${weight}\n`;
  const [version, kind] = format === 'istio' ? ['networking.istio.io/v1', 'VirtualService']
    : ['gateway.networking.k8s.io/v1', 'HTTPRoute'];
  return `apiVersion: ${version}\nkind: ${kind}\nmetadata: {name: ${doc.service}}\nspec:\n` +
    `  http:\n  - route:\n${to('stable', 100 - share)}${to('canary', share)}`;
}
