// Basic information of a release, what the router has been told, and its report to take along.
import {useState} from 'preact/hooks';
import {getText} from '../api/client';
import type {Problem, Release, Traffic} from '../api/types';
import {percent} from '../text/format';
import {download} from '../ui/download';
import {problemOf, useLoad} from '../ui/hooks';
import {CopyText, Facts, ProblemBox, Time} from '../ui/parts';
import {Link, to} from '../ui/router';

function pipeline(link: string | undefined) {
  if (!link) return '';
  return /^https?:\/\//.test(link) ? <a href={link} rel="noreferrer">{link}</a> : link;
}

const kReports = [
  {label: 'HTML', ending: 'html', type: 'text/html'},
  {label: 'Markdown', ending: 'md', type: 'text/markdown'},
  {label: 'JSON', ending: 'json', type: 'application/json'},
];

// The whole release in one file: for a ticket, a pull request, or another look under Replay.
function Report({id}: {id: string}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const take = ({ending, type}: {ending: string; type: string}) => {
    setProblem(null);
    getText(`releases/${encodeURIComponent(id)}/report`, type).then(
      (content) => download(`${id}.${ending}`, content, type),
      (error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <>
      <h3>Report</h3>
      <p class="buttons left">
        {kReports.map((report) => (
          <button key={report.ending} type="button" class="small" onClick={() => take(report)}>
            {report.label}<span class="hidden"> report</span></button>
        ))}
      </p>
      {problem && <ProblemBox problem={problem} />}
    </>
  );
}

export function Details({release}: {release: Release}) {
  const path = release.end ? '' : `releases/${encodeURIComponent(release.id)}/traffic`;
  const traffic = useLoad<Traffic>(path).data;
  const info = release.info ?? {};
  return (
    <section class="card" aria-labelledby="details-title">
      <h2 id="details-title">Basic information</h2>
      <Facts items={[
        ['Environment', info.environment],
        ['Policy', info.policy],
        ['Service', release.service],
        ['Endpoint', info.endpoint],
        ['Version', release.version],
        ['Type', release.type],
        ['Executor', info.executor],
        ['Pipeline', pipeline(info.pipeline)],
        ['Start', <Time at={release.start} full />],
        ['End', <Time at={release.end} full />],
      ]} />
      {traffic && (
        <>
          <h3>Traffic policy</h3>
          <Facts items={[
            ['Router', traffic.router],
            ['Stable slot', traffic.stable],
            ['Canary slot', traffic.canary],
            ['Canary’s share', percent(traffic.weight.set)],
          ]} />
        </>
      )}
      <Report id={release.id} />
      <h3>On the command line</h3>
      <p><CopyText value={`serin get ${release.id}`} /></p>
      <p><CopyText value={`serin report ${release.id} --html ${release.id}.html`} /></p>
      <p><Link href={to.history(release.rollout)}>All releases of {release.rollout}</Link></p>
    </section>
  );
}
