// What the router does for a release now, and the text that makes any router do it.
import {useEffect, useState} from 'preact/hooks';
import {getText} from '../api/client';
import type {Release, RouterText, Traffic} from '../api/types';
import {percent} from '../text/format';
import {useLoad, useWork} from '../ui/loading';
import {CopyBlock, Facts, ProblemBox, Skeleton} from '../ui/parts';
import {Shown} from '../ui/shown';

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
  return (
    <section class="card" aria-labelledby="traffic-policy-title">
      <h2 id="traffic-policy-title">Traffic policy</h2>
      <Shown of={loaded} label="the traffic policy" rows={3}
        missing={<p class="dim">It is no longer known: the server keeps that of its latest
          releases.</p>}>
        {(traffic) => (
          <>
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
          </>
        )}
      </Shown>
    </section>
  );
}

function Text({path, format}: {path: string; format: RouterText}) {
  const {result, problem, run} = useWork<string>();
  const read = () => run(() => getText(`${path}?format=${format}`, 'text/plain, application/yaml'));
  useEffect(read, [path, format]);
  if (problem) return <ProblemBox problem={problem} retry={read} />;
  if (result === null) return <Skeleton rows={4} label="the text" />;
  return <CopyBlock value={result.trimEnd()} label="Copy the text" />;
}
