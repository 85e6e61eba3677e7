// A release once more, with a slider for the time: from this server, or from a file that
// `serin report -o json` wrote; or recordings, which the server replays with policies of its own.
// `serin replay -o json` gives a verdict without its way there.
import {useState} from 'preact/hooks';
import type {Page, Release, Sample, Summary} from '../api/types';
import {useSamples} from '../release/story';
import {type Outcome, OutcomeView} from '../replay/outcome';
import {OfRecordings} from '../replay/recordings';
import {type Recorded, Scrub} from '../replay/scrub';
import {count} from '../text/format';
import {useTitle} from '../ui/hooks';
import {useLoad} from '../ui/loading';
import {CopyText, Empty, ProblemBox, Skeleton} from '../ui/parts';
import {setQuery, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

const kFileMax = 64 * 1024 * 1024;

type Read = {recorded: Recorded} | {outcome: Outcome; name: string} | {recordings: File[]} |
  {wrong: string};

function readFile(name: string, content: string): Read {
  let json: unknown;
  try {
    // Of JSON lines, as replay writes them, the last is the outcome.
    json = JSON.parse(content.trim().startsWith('{"') && content.trim().includes('\n{')
      ? content.trim().split('\n').at(-1) ?? '' : content);
  } catch (error) {
    return {wrong: `${name} is no JSON: ${String(error)}`};
  }
  const object = json as Record<string, unknown>;
  if (object && typeof object.release === 'object' && typeof object.samples === 'object') {
    const samples = new Map(Object.entries(object.samples as Record<string, Sample[]>));
    return {recorded: {name, release: object.release as Release, samples}};
  }
  if (object && typeof object.verdict === 'string' && Array.isArray(object.metrics)) {
    return {outcome: object as unknown as Outcome, name};
  }
  return {wrong: `${name} is neither a report (serin report -o json) nor a replay ` +
    '(serin replay -o json).'};
}

export function ReplayPage() {
  useTitle('Replay');
  const id = usePlace().query.get('release') ?? '';
  const releases = useLoad<Page<Summary>>('releases?limit=100');
  const [read, setRead] = useState<Read | null>(null);
  const choose = (event: Event) => {
    const files = [...(event.currentTarget as HTMLInputElement).files ?? []];
    const [file] = files;
    if (!file) return;
    const large = files.find(({size}) => size > kFileMax);
    if (large) {
      setRead({wrong: `${large.name} has ${count(large.size)} bytes, at most ${count(kFileMax)}`});
      return;
    }
    setQuery('release', '');
    if (files.length > 1 || !file.name.endsWith('.json')) {
      setRead({recordings: files});
      return;
    }
    file.text().then((content) => setRead(content.includes('"resultType"') ? {recordings: files}
      : readFile(file.name, content)),
      (error: unknown) => setRead({wrong: String(error)}));
  };
  return (
    <main id="content">
      <h1>Replay</h1>
      <p>Look at a release again, moment by moment, or see what a policy would have made of a
        recording.</p>
      <div class="filters">
        <label>Release
          <select value={id} onChange={(event) => {
            setRead(null);
            setQuery('release', event.currentTarget.value);
          }}>
            <option value="">choose …</option>
            {releases.data?.items.map((release) => (
              <option key={release.id} value={release.id}>{release.id} – {release.status}</option>
            ))}
          </select>
        </label>
        <label>or a file, or several recordings
          <input type="file" multiple accept=".json,.srn,.om,.txt,.gz" onChange={choose} />
        </label>
      </div>
      {releases.problem && <ProblemBox problem={releases.problem} retry={releases.reload} />}
      {read && 'wrong' in read && (
        <div class="box bad" role="alert"><p>{read.wrong}</p></div>
      )}
      {read && 'outcome' in read && <OutcomeView outcome={read.outcome} name={read.name} />}
      {read && 'recordings' in read && <OfRecordings
        key={read.recordings.map(({name}) => name).join('/')} files={read.recordings} />}
      {read && 'recorded' in read && <Scrub recorded={read.recorded} />}
      {id && !read && <OfServer key={id} id={id} />}
      {!id && !read && (
        <Empty title="Nothing chosen yet.">
          <p>A file of a release’s journal, a recording (serin record, OpenMetrics with times,
            Prometheus’ answer to query_range), or what a replay came to:</p>
          <p><CopyText value="serin report checkout-42 -o json > checkout-42.json" /></p>
          <p><CopyText value="serin replay -f policy.yaml incident.om -o json > replay.json" /></p>
        </Empty>
      )}
    </main>
  );
}

function OfServer({id}: {id: string}) {
  const path = `releases/${encodeURIComponent(id)}`;
  const release = useLoad<Release>(path);
  const samples = useSamples(path, release.data);
  return (
    <Shown of={release} label={id} rows={5}
      missing={<Empty title={`There is no release ${id}.`} />}>
      {(doc) => [...samples.items.values()].some((rows) => rows.length > 0)
        ? <Scrub recorded={{name: id, release: doc, samples: samples.items}} />
        : !samples.read && (doc.report?.metrics ?? []).length > 0
          ? <Skeleton rows={5} label="its curves" /> : (
            <Empty title={`serin keeps no curve of ${id} any more.`}>
              <p>The journal may have it:{' '}
                <CopyText value={`serin report ${id} -o json > ${id}.json`} /></p>
            </Empty>
          )}
    </Shown>
  );
}
