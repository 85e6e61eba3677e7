// Routers and metrics servers: whether they answer, and when that was last seen.
import type {Target} from '../api/types';
import {useLoad, useTitle} from '../ui/hooks';
import {CopyText, Empty, Mark, ProblemBox, Skeleton, Time} from '../ui/parts';
import {Link, to} from '../ui/router';

export function TargetsPage() {
  useTitle('Targets');
  const targets = useLoad<{items: Target[]}>('targets');
  return (
    <main id="content" class={targets.problem ? 'aged' : ''}>
      <div class="page-head">
        <h1>Targets</h1>
        <button type="button" onClick={targets.reload} disabled={targets.loading}>Refresh</button>
      </div>
      {targets.problem && (
        <ProblemBox problem={targets.problem} retry={targets.reload} at={targets.at} />
      )}
      {!targets.data && !targets.problem && <Skeleton rows={4} label="targets" />}
      {targets.data?.items.length === 0 && (
        <Empty title="No router and no metrics server is configured.">
          <p>They come with the first rollout: <CopyText value="serin apply -f rollout.yaml" /></p>
        </Empty>
      )}
      {targets.data && targets.data.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Targets">
          <table>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Kind</th>
                <th scope="col">Name</th>
                <th scope="col">Rollout</th>
                <th scope="col">What is known</th>
                <th scope="col">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {targets.data.items.map((target) => (
                <tr key={`${target.rollout}/${target.kind}/${target.name}`}>
                  <td>{target.healthy === null
                    ? <Mark icon="?" tone="neutral">not looked yet</Mark>
                    : target.healthy ? <Mark icon="✔" tone="good">answers</Mark>
                      : <Mark icon="✖" tone="bad">fails</Mark>}</td>
                  <td>{target.kind}</td>
                  <th scope="row">{target.name}</th>
                  <td><Link href={to.history(target.rollout)}>{target.rollout}</Link></td>
                  <td>{target.detail || '–'}</td>
                  <td><Time at={target.observed_at} full /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}
