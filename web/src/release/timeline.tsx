// What happened, in words: from the journal of the release, newest first.
import type {Happening, Release, Told} from '../api/types';
import {percent, unbroken} from '../text/format';
import {operationWords, reasonWords} from '../text/messages';
import {Mark, Time} from '../ui/parts';
import {stepTitle} from './stepper';

export interface Line {
  time: string;
  icon: string;
  tone: string;
  text: string;
}

const kUnitsPerPercent = 100;  // the journal counts the canary's share in hundredths of a per cent

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name] : undefined;
}

const words = (value: unknown): string => typeof value === 'string' ? value : '';

// One journal entry as a line; `before` remembers what was said, so that nothing is said twice.
function lineOf(entry: Happening, before: Map<string, string>): Line | null {
  const body = entry.body;
  const once = (key: string, value: string): boolean => {
    if (before.get(key) === value) return false;
    before.set(key, value);
    return true;
  };
  const line = (icon: string, tone: string, text: string): Line =>
    ({time: entry.time, icon, tone, text});
  switch (entry.kind) {
    case 'opened':
      return line('◌', 'running', 'opened: the plan is pinned');
    case 'rolesExchanged':
      before.set('roles', 'exchanged');
      return line('✔', 'good', 'the slots have changed their roles');
    case 'operated': {
      const operation = words(member(body, 'operation'));
      const button = (operationWords as Record<string, {button: string}>)[operation]?.button;
      const user = words(member(body, 'user'));
      const reason = words(member(body, 'comment'));
      return line('●', 'neutral',
        `${button ?? operation}${user ? ` by ${user}` : ''}${reason ? `: “${reason}”` : ''}`);
    }
    case 'trafficOutcome': {
      const units = member(member(body, 'observed'), 'canary_units');
      const result = words(member(body, 'result'));
      const said = once('answer', result);
      if (result !== 'done') {
        return said ? line('?', 'unsure', `the router’s answer: ${result}`) : null;
      }
      if (typeof units !== 'number' || !once('weight', String(units))) return null;
      const place = before.get('roles') ? 'the canary slot' : 'canary';
      return line('✔', 'good',
        `${place} at ${percent(units / kUnitsPerPercent)}, read back from the router`);
    }
    case 'judged': {
      const judgement = member(body, 'judgement');
      const findings = member(judgement, 'findings');
      const first = Array.isArray(findings) ? findings[0] : undefined;
      const metric = words(member(first, 'metric'));
      if (metric && once('finding', metric)) {
        return line('▲', 'bad', words(member(first, 'sentence')));
      }
      if (!metric && member(judgement, 'contested') === true && once('contested', 'yes')) {
        return line('…', 'unsure', `contested: ${words(member(judgement, 'contested_sentence'))}`);
      }
      if (member(judgement, 'contested') === false) before.set('contested', 'no');
      const down = member(judgement, 'sources_down') === true;
      if (down && once('down', 'yes')) {
        return line('?', 'unsure',
          `metrics do not answer, the release holds: ${words(member(judgement,
            'sources_sentence'))}`);
      }
      if (!down && before.get('down') === 'yes') {
        before.set('down', 'no');
        return line('✔', 'good', 'metrics answer again');
      }
      return null;
    }
    default:
      return null;
  }
}

// Statuses that other lines tell of.
const kToldElsewhere = ['Opened', 'Pending', 'Starting', 'Progressing', 'Promoting', 'RollingBack',
  'Succeeded', 'Failed', 'Terminated'];

// "canary not ready" of CanaryNotReady.
function plain(type: string): string {
  return type.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/\b[A-Z](?=[a-z])/g,
    (letter) => letter.toLowerCase());
}

// "Inconclusive: promotion …" of the machine: the reason's name is left out, or said in words.
function reasoned(message: string): string {
  const [, name = '', rest = ''] = /^(\w+)(?:: ?(.*))?$/s.exec(message) ?? [];
  return name in reasonWords ? rest || reasonWords[name] || '' : message;
}

function toldLine(told: Told): Line | null {
  const ofRelease = told.component === 'release';
  const type = ofRelease ? told.type : plain(told.type);
  const message = ofRelease ? reasoned(told.message) : told.message;
  const text = message ? `${type}: ${message}` : type;
  const often = told.count > 1 ? `${text} (${told.count} times)` : text;
  if (ofRelease) {
    if (kToldElsewhere.includes(told.type)) return null;
    return {time: told.first, icon: '‖', tone: 'unsure', text: often};
  }
  if (told.severity === 'info') return null;
  return {time: told.first, icon: '⚠', tone: told.severity === 'alert' ? 'bad' : 'unsure',
    text: often};
}

export function linesOf(release: Release, events: Happening[], told: Told[]): Line[] {
  const before = new Map<string, string>();
  const lines: Line[] = [];
  for (const event of events) {
    const line = lineOf(event, before);
    if (line) lines.push(line);
  }
  for (const each of told) {
    const line = toldLine(each);
    if (line) lines.push(line);
  }
  release.steps.forEach((step, i) => {
    if (step.start) {
      lines.push({time: step.start, icon: '◌', tone: 'running',
        text: `step ${i + 1} of ${release.steps.length}: ${stepTitle(step)}`});
    }
    if (step.status === 'failed' && step.end) {
      lines.push({time: step.end, icon: '✖', tone: 'bad',
        text: `step ${i + 1} of ${release.steps.length} failed`});
    }
  });
  if (release.end) {
    const good = release.status === 'Succeeded';
    lines.push({time: release.end, icon: good ? '✔' : '✖', tone: good ? 'good' : 'bad',
      text: `${release.status}${release.sentence ? `: ${release.sentence}` : ''}`});
  }
  // Of one moment what was said last is the newest.
  return lines.reverse().sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

export function Timeline({release, events, told}: {
  release: Release; events: Happening[]; told: Told[];
}) {
  const lines = linesOf(release, events, told);
  if (lines.length === 0) return <p class="dim">Nothing has happened yet.</p>;
  return (
    <ol class="timeline" tabIndex={0} aria-label="What happened, newest first">
      {lines.map((line, i) => (
        <li key={`${line.time}/${i}`}>
          <Time at={line.time} />
          <Mark icon={line.icon} tone={line.tone}>{unbroken(line.text)}</Mark>
        </li>
      ))}
    </ol>
  );
}
