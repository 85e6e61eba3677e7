// The one sentence at the top: what is running, how much of the traffic it has, whether it is
// worse, what comes next.
import type {Finding, Release} from '../api/types';
import {percent, unbroken} from '../text/format';
import {reasonWords} from '../text/messages';
import {differs} from './share';

// What speaks against the canary; what the release itself says of it first.
export function findingsOf(release: Release): Finding[] {
  const all = release.judgement?.findings ?? [];
  const said = all.filter(({sentence}) => sentence !== '' && release.sentence.includes(sentence));
  return [...said, ...all.filter((finding) => !said.includes(finding))];
}

function verdict(release: Release): string {
  const judgement = release.judgement;
  if (!judgement) return 'nothing is judged yet';
  if (judgement.sources_down) return `metrics do not answer (${judgement.sources_sentence})`;
  const finding = findingsOf(release)[0];
  if (finding) return finding.sentence;
  if (judgement.contested) {
    return `too much speaks against it to go on: ${judgement.contested_sentence}`;
  }
  if (!judgement.passed && judgement.undecided_sentence) return judgement.undecided_sentence;
  return 'no metric says worse';
}

// Whether the plan can come to an end by itself, where that is in doubt.
export function forecastOf(release: Release): string {
  if (release.end || release.judgement?.findings.length) return '';
  const name = release.judgement?.undecided_metric;
  const metric = release.report?.metrics.find((m) => m.name === name);
  if (!metric?.forecast?.known || metric.forecast.canPass) return '';
  return `The plan is too short to promote by itself: ${metric.forecast.sentence}`;
}

export function headline(release: Release): string {
  return unbroken(plainHeadline(release).replace(/[^.!?]$/, '$&.'));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

// Some failures left the traffic as it was, or as another writer has it.
function failed(release: Release, why: string): string {
  if (release.cause === 'refused') return `${release.version} was not released: ${why}`;
  if (release.cause === 'routeLost') return `serin has left the route alone: ${why}`;
  return `Returned to ${release.stable_version || 'stable'}: ${why}`;
}

function plainHeadline(release: Release): string {
  const has = percent(release.weight.observed ?? release.weight.set);
  const though = differs(release.weight) ? `, though ${percent(release.weight.set)} is set` : '';
  const why = release.sentence || reasonWords[release.reason] || '';
  switch (release.status) {
    case 'Pending':
      return why || `${release.version} waits for its turn.`;
    case 'Starting':
      return why || (release.startup
        ? `${release.version} is starting: ${release.startup.ready} of ${release.startup.total} ` +
          'servers are ready. It has no traffic yet.'
        : `${release.version} is starting. It has no traffic yet.`);
    case 'Progressing':
      return `${release.version} has ${has} of the traffic${though}: ${verdict(release)}`;
    case 'Paused':
      return `Paused at ${has}${though}: ${why || verdict(release)}`;
    case 'Promoting':
      return why || `${release.version} takes all traffic now (it has ${has}).`;
    case 'RollingBack':
      return `Returning to ${release.stable_version || 'stable'}: ${why || verdict(release)}`;
    case 'Succeeded':
      return why || `${release.version} was promoted.`;
    case 'Failed':
      return failed(release, why || verdict(release));
    case 'Terminated':
      return why ? capital(why) : 'Ended by a person.';
  }
}

// What a screen reader hears when the state changes.
export function spoken(release: Release): string {
  return `${release.id}: ${headline(release)}`;
}
