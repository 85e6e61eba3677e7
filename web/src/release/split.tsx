// The canary's share: what is set, what the router says it has, what was seen of it in the counts.
import type {Release} from '../api/types';
import {count, num, percent, short} from '../text/format';
import {Time} from '../ui/parts';
import {differs, isRising} from './share';

function Bar({label, value}: {label: string; value: number}) {
  const width = Math.min(100, Math.max(0, value));
  return (
    <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img"
      aria-label={`${label}: canary ${percent(value)}`}>
      <rect class="bar-stable" x="0" y="0" width="100" height="6" />
      <rect class="bar-canary" x={100 - width} y="0" width={width} height="6" />
    </svg>
  );
}

// Of the compared error counts: how many requests each side really had.
function seen(release: Release): {stable: number; canary: number} | null {
  const metric = release.report?.metrics.find((m) => m.kind === 'errors' &&
    num(m.stable?.exposure) > 0);
  if (!metric) return null;
  return {stable: num(metric.stable?.exposure), canary: num(metric.canary?.exposure)};
}

const kRateSeconds = 10;  // before that it says little

function rate(release: Release, requests: number): string {
  const seconds = release.report?.runningSeconds ?? 0;
  if (!(seconds > kRateSeconds) || !(requests > 0)) return '';
  return ` (about ${short(requests / seconds)}/s)`;
}

// The slots have changed their roles, or stable has been brought to the new version.
function Promoted({release}: {release: Release}) {
  const counts = seen(release);
  return (
    <section class="card split" aria-labelledby="split-title">
      <h2 id="split-title">Traffic</h2>
      <p><span class="mark good"><span aria-hidden="true">✔</span> {release.version} has all
        traffic</span></p>
      <p class="dim">The canary slot has {percent(release.weight.set)} of it now
        {release.weight.observed === null ? '' : `, read back ${percent(release.weight.observed)}`}.
      </p>
      {counts && (
        <p class="dim">Counted in the comparison: {count(counts.canary)} canary and{' '}
          {count(counts.stable)} stable requests.</p>
      )}
    </section>
  );
}

export function Split({release}: {release: Release}) {
  const {set, observed, confirmed} = release.weight;
  const off = differs(release.weight) && !isRising(release.weight);
  const counts = seen(release);
  if (release.status === 'Succeeded' && set < 100) return <Promoted release={release} />;
  return (
    <section class="card split" aria-labelledby="split-title">
      <h2 id="split-title">Traffic</h2>
      <div class="split-row">
        <span class="split-name">Set</span>
        <Bar label="Set" value={set} />
        <span class="split-value">{percent(set)} canary</span>
      </div>
      <div class="split-row">
        <span class="split-name">Read back</span>
        {observed === null ? <span class="hatched">not read yet</span>
          : <Bar label="Read back" value={observed} />}
        <span class="split-value">{observed === null ? '–' : `${percent(observed)} canary`}</span>
      </div>
      <p class="dim">
        <span class="key stable">{release.stable_version || 'stable'} (stable)</span>{' '}
        <span class="key canary">{release.version} (canary)</span>
      </p>
      <p>
        {off ? (
          <span class="mark bad"><span aria-hidden="true">⚠</span> the router has
            another split than is set</span>
        ) : confirmed ? (
          <span class="mark good"><span aria-hidden="true">✔</span> confirmed by the router</span>
        ) : (
          <span class="mark unsure"><span aria-hidden="true">?</span> not confirmed yet</span>
        )}
        {release.weight.observed_at && (
          <span class="dim"> read at <Time at={release.weight.observed_at} /></span>
        )}
      </p>
      {counts && (
        <p class="dim">Counted in the comparison{release.end ? '' : ' so far'}:{' '}
          {count(counts.canary)} canary{rate(release, counts.canary)} and{' '}
          {count(counts.stable)} stable requests{rate(release, counts.stable)}.</p>
      )}
      {release.weight.rules ? (
        <p class="dim">Rules on content that send requests to the canary beside its share:{' '}
          {count(release.weight.rules)}</p>
      ) : null}
      {release.startup && (
        <p class="dim">Canary servers ready: {release.startup.ready} of {release.startup.total}</p>
      )}
    </section>
  );
}
