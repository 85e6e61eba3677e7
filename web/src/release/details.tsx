// Basic information of a release, and its report to take along.
import {getText} from '../api/client';
import type {Release} from '../api/types';
import {download} from '../ui/download';
import {useWork} from '../ui/loading';
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
  const work = useWork<void>();
  const take = ({ending, type}: {ending: string; type: string}) => work.run(async () =>
    download(`${id}.${ending}`,
      await getText(`releases/${encodeURIComponent(id)}/report`, type), type));
  return (
    <>
      <h3>Report</h3>
      <p class="buttons left">
        {kReports.map((report) => (
          <button key={report.ending} type="button" class="small" disabled={work.working}
            onClick={() => take(report)}>
            {report.label}<span class="hidden"> report</span></button>
        ))}
      </p>
      {work.problem && <ProblemBox problem={work.problem} />}
    </>
  );
}

export function Details({release}: {release: Release}) {
  const info = release.info ?? {};
  return (
    <section class="card" aria-labelledby="details-title">
      <h2 id="details-title">Basic information</h2>
      <Facts items={[
        ['Environment', info.environment],
        ['Policy', info.policy],
        ['Policy’s revision', info.revision ? <code>{info.revision.slice(0, 12)}</code> : ''],
        ['Service', release.service],
        ['Endpoint', info.endpoint],
        ['Version', release.version],
        ['Type', release.type],
        ['Executor', info.executor],
        ['Pipeline', pipeline(info.pipeline)],
        ['Start', <Time at={release.start} full />],
        ['End', <Time at={release.end} full />],
      ]} />
      <div class="acts">
        <Report id={release.id} />
        <h3>On the command line</h3>
        <p><CopyText value={`serin get ${release.id}`} /></p>
        <p><CopyText value={`serin report ${release.id} --html ${release.id}.html`} /></p>
      </div>
      <p><Link href={to.history(release.rollout)}>All releases of {release.rollout}</Link> ·{' '}
        <Link href={to.compare(release.rollout, release.id)}>Compare with another</Link></p>
    </section>
  );
}
