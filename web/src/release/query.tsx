// What is asked for a metric, in the words that are sent, with a way to ask it by hand.
import type {Asked, Release} from '../api/types';
import {useLoad} from '../ui/loading';
import {CopyBlock} from '../ui/parts';
import {Shown} from '../ui/shown';

// Of a release that is over, as it was at its end.
export function prometheusLink(address: string, query: string, end: string | null): string {
  const at = new URLSearchParams({'g0.expr': query, 'g0.tab': '1'});
  if (end) at.set('g0.moment_input', end.slice(0, 19).replace('T', ' '));
  return `${address.replace(/\/+$/, '')}/graph?${at.toString()}`;
}

export function Queries({release, metric}: {release: Release; metric: string}) {
  const loaded = useLoad<Asked>(`releases/${encodeURIComponent(release.id)}/metrics/` +
    `${encodeURIComponent(metric)}/query`);
  return (
    <section class="card" aria-labelledby="query-title">
      <h2 id="query-title">What is asked</h2>
      <Shown of={loaded} label="the queries" rows={2}
        missing={<p class="dim">{metric === 'edge-errors'
          ? 'Nothing is asked of a metrics server: these are the router’s own counters.'
          : 'No query of it is known any more: the server keeps those of its latest releases.'}
        </p>}>
        {(asked) => (
          <>
            {asked.queries.map((query) => (
              <CopyBlock key={query.text} value={query.text} label="Copy the query">
                {asked.address && (
                  <a class="button small" target="_blank" rel="noreferrer noopener"
                    href={prometheusLink(asked.address, query.text, release.end)}>
                    Open in Prometheus<span class="hidden"> (a new tab)</span></a>
                )}
              </CopyBlock>
            ))}
            <p class="dim">{from(asked)}
              {asked.queries.length > 1 && 'The second tells which instances there are. '}
              Samples come raw; serin counts increments itself, for each series.</p>
          </>
        )}
      </Shown>
    </section>
  );
}

function from(asked: Asked): string {
  if (asked.address) return `Asked of ${asked.address}. `;
  return asked.provider === 'prometheus'
    ? 'Where it is asked is not shown: the address may hold a secret. '
    : `Asked by the provider ${asked.provider}. `;
}
