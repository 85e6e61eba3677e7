// What a replay came to.
import type {Metric} from '../api/types';
import {stateOf} from '../release/metrics';
import {count, duration, effect, num, unbroken} from '../text/format';
import {List} from '../ui/list';
import {Mark} from '../ui/parts';

export interface Outcome {
  verdict: string;
  t_s: number;
  metric: string;
  sentence: string;
  metrics: Metric[];
}

export function lookOf({verdict}: Outcome): {icon: string; tone: string} {
  return verdict === 'promote' ? {icon: '✔', tone: 'good'}
    : verdict === 'rollback' ? {icon: '↩', tone: 'bad'} : {icon: '?', tone: 'unsure'};
}

// What it did, when, at what cost: "at t = 1 min 24 s with 31 bad requests".
export function whenOf(outcome: Outcome): string {
  const failed = outcome.metrics.find((m) => m.name === outcome.metric);
  const bad = num(failed?.canary?.events);
  return outcome.verdict === 'rollback'
    ? `at t = ${duration(outcome.t_s)}${bad > 0 ? ` with ${count(bad)} bad requests` : ''}`
    : `after ${duration(outcome.t_s)}`;
}

export function OutcomeView({outcome, name}: {outcome: Outcome; name: string}) {
  return (
    <section class="card" aria-labelledby="outcome-title">
      <h2 id="outcome-title">{name}</h2>
      <p class="headline">
        <Mark {...lookOf(outcome)}>{outcome.verdict}</Mark> {whenOf(outcome)}
      </p>
      <p>{unbroken(outcome.sentence)}</p>
      <List label="Metrics at the end" items={outcome.metrics} keyOf={(m) => m.name} columns={[
        {title: 'Metric', head: true, cell: (m) => m.name},
        {title: 'Verdict', cell: (m) => <Mark {...stateOf(m)}>{stateOf(m).word}</Mark>},
        {title: 'Difference in step [95 %]', cell: (m) => `${effect(m.effect).estimate} ` +
          effect(m.effect).interval},
        {title: 'Sentence', kind: 'why', cell: (m) => unbroken(m.sentence)},
      ]} />
    </section>
  );
}
