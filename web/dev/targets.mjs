// Made-up routers, metrics servers and tokens.

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

const target = (id, more) => {
  const [kind, release, metric] = id.split(':');
  return {id, release, rollout: release.replace(/-\d+$/, ''), kind, name: metric, healthy: true,
    detail: 'answers', observed_at: null, age_s: null, desired: null, observed: null,
    confirmed: null, last_error: null, ...more};
};
const router = (release, set, observed, age, more = {}) => target(`router:${release}`, {
  name: `haproxy:/run/haproxy/admin.sock:${release.replace(/-\d+$/, '')}`,
  detail: `canary at ${observed} %, wanted ${set} %`, observed_at: ago(age), age_s: age,
  desired: set, observed, confirmed: set === observed, ...more});

export const targets = () => [
  router('checkout-42', 25, 25, 1),
  target('metrics:checkout-42:error-rate'),
  target('metrics:checkout-42:latency'),
  target('metrics:checkout-42:edge-errors'),
  router('ads-8', 25, 60, 2),
  target('metrics:images-5:error-rate', {healthy: false, detail: 'connection refused, for 41 s',
    last_error: 'connection refused, for 41 s'}),
  router('payments-7', 50, 50, 47, {healthy: false, detail: 'does not answer',
    last_error: 'has not answered for 46s'}),
  router('feed-1', 0, 0, 1, {name: 'nginx:/etc/nginx/serin/feed.conf', healthy: null,
    detail: 'not read yet', observed_at: null, age_s: null, observed: null, confirmed: false}),
];

// What a look at one of them came to; `queriesOf`: what is asked for a metric.
export function tested(id, queriesOf) {
  const known = targets().find((each) => each.id === id);
  if (!known) return null;
  const healthy = known.healthy !== false;
  const answer = {id, healthy, detail: healthy ? 'canary at 25 %; stable: 2 of 2 servers ready; ' +
    'canary: 2 of 2 servers ready' : 'unavailable: connection refused (127.0.0.1:9091)',
  took_ms: healthy ? 3 : 1, observed: known.observed, series: {}, asked: []};
  if (known.kind === 'router') return answer;
  return {...answer, asked: queriesOf(known.name)?.queries.map(({text}) => text) ?? [],
    ...(healthy ? {detail: 'answered, 48 series', series: {'2.3.0': 36, '2.4.0': 12}} : {})};
}

export const tokens = [
  {id: 'k3', name: 'deploy-pipeline', role: 'operator', override: false, created: ago(4e6),
    expires: ago(-9e6)},
  {id: 'k1', name: 'wallboard', role: 'viewer', override: false, created: ago(9e6), expires: null},
];
