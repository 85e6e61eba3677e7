// What the router does for a release now, and the text that makes any router do it.
import {useCallback, useEffect, useState} from 'preact/hooks';
import {getText} from '../api/client';
import type {Problem, Release, RouterText, Traffic} from '../api/types';
import {percent} from '../text/format';
import {problemOf, useLoad} from '../ui/hooks';
import {CopyBlock, Facts, ProblemBox, Skeleton} from '../ui/parts';

const kTexts: {name: RouterText; label: string; of: string[]}[] = [
  {name: 'haproxy', label: 'HAProxy', of: ['haproxy']},
  {name: 'nginx', label: 'nginx', of: ['nginx']},
  {name: 'istio', label: 'Istio', of: ['istio']},
  {name: 'gateway', label: 'Gateway API', of: ['gatewayAPI', 'gateway']},
];

export function TrafficPolicy({release}: {release: Release}) {
  const path = `releases/${encodeURIComponent(release.id)}/traffic`;
  const loaded = useLoad<Traffic>(path);
  const [shown, setShown] = useState<RouterText | null>(null);
  const traffic = loaded.data;
  if (!traffic) {
    return (
      <section class="card" aria-labelledby="traffic-policy-title">
        <h2 id="traffic-policy-title">Traffic policy</h2>
        {loaded.problem?.status === 404
          ? <p class="dim">It is no longer known: the server keeps that of its latest releases.</p>
          : loaded.problem ? <ProblemBox problem={loaded.problem} retry={loaded.reload} />
            : <Skeleton rows={3} label="the traffic policy" />}
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="traffic-policy-title">
      <h2 id="traffic-policy-title">Traffic policy</h2>
      <Facts items={[
        ['Router', traffic.router || 'none: serin only judges'],
        ['Stable slot', traffic.stable],
        ['Canary slot', traffic.canary],
        ['Canary’s share', percent(release.weight.set)],
      ]} />
      <div class="tabs" role="group" aria-label="The same as text for">
        {kTexts.map(({name, label, of}) => (
          <button key={name} type="button" class="small" aria-pressed={shown === name}
            onClick={() => setShown(shown === name ? null : name)}>
            {label}{of.includes(traffic.router) ? ' (in use)' : ''}</button>
        ))}
      </div>
      {shown
        ? <Text key={`${shown} ${release.weight.set}`} path={path} format={shown} />
        : <p class="dim">The split and the rules of now, as a router reads them.</p>}
    </section>
  );
}

function Text({path, format}: {path: string; format: RouterText}) {
  const [value, setValue] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const read = useCallback(() => {
    let dropped = false;
    setProblem(null);
    getText(`${path}?format=${format}`, 'text/plain, application/yaml').then(
      (answer) => {
        if (!dropped) setValue(answer);
      },
      (error: unknown) => {
        if (!dropped) setProblem(problemOf(error));
      });
    return () => {
      dropped = true;
    };
  }, [path, format]);
  useEffect(read, [read]);
  if (problem) return <ProblemBox problem={problem} retry={read} />;
  if (value === null) return <Skeleton rows={4} label="the text" />;
  return <CopyBlock value={value.trimEnd()} label="Copy the text" />;
}
