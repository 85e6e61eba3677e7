// Basic information of a release, and what the router has been told.
import type {Release, Traffic} from '../api/types';
import {percent} from '../text/format';
import {useLoad} from '../ui/hooks';
import {CopyText, Facts, Time} from '../ui/parts';
import {Link, to} from '../ui/router';

function pipeline(link: string | undefined) {
  if (!link) return '';
  return /^https?:\/\//.test(link) ? <a href={link} rel="noreferrer">{link}</a> : link;
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
      <h3>On the command line</h3>
      <p><CopyText value={`serin get ${release.id}`} /></p>
      <p><CopyText value={`serin report ${release.id} --html ${release.id}.html`} /></p>
      <p><Link href={to.history(release.rollout)}>All releases of {release.rollout}</Link></p>
    </section>
  );
}
