// Puts a file that was just written into the server's configuration: first what that changes, then,
// asked once more, for good.
import {useEffect, useRef, useState} from 'preact/hooks';
import {apply, get, newKey} from '../api/client';
import type {Applied, ConfigFile, Configuration, Problem, Whoami} from '../api/types';
import {problemOf, useLoad} from '../ui/hooks';
import {ProblemBox} from '../ui/parts';
import {Link, to} from '../ui/router';
import {mayOperate} from './operations';

interface Asked {
  files: ConfigFile[];
  before: Configuration;
  would: Applied;
}

// `version`, `stable`: what is to be released first, and what runs now; "": not known yet.
export function PutInForce({name, yaml, version, stable}: {
  name: string; yaml: string; version: string; stable: string;
}) {
  const who = useLoad<Whoami>('whoami').data;
  const [asked, setAsked] = useState<Asked | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState(false);
  useEffect(() => setDone(false), [yaml]);
  const file = `${name}.yaml`;
  const look = async () => {
    const before = await get<Configuration>('configuration');
    const files = [...before.files.filter((each) => each.name !== file), {name: file, text: yaml}];
    setAsked({files, before, would: await apply(files, before.revision, 'dry')});
  };
  const ask = () => {
    setProblem(null);
    look().catch((error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <>
      <p class="buttons left">
        <button type="button" class="primary" disabled={!mayOperate(who)} onClick={ask}>
          Put in force …</button>
      </p>
      {!mayOperate(who) && <p class="dim">You may look but not put it in force:
        {' '}{who?.actor} is a {who?.role}.</p>}
      {problem && <ProblemBox problem={problem} />}
      {done && (
        <p class="box good" role="status">{file} is in force. <Link
          href={to.start(name, version, stable)}>Start the first release of {name}</Link></p>
      )}
      {asked && <Confirm asked={asked} file={file} close={() => setAsked(null)}
        done={() => {
          setAsked(null);
          setDone(true);
        }} />}
    </>
  );
}

function Confirm({asked, file, close, done}: {
  asked: Asked; file: string; close: () => void; done: () => void;
}) {
  const {files, before, would} = asked;
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const key = useRef(newKey());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    cancel.current?.focus();
  }, []);
  const act = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    apply(files, before.revision, 'real', key.current).then(done, (error: unknown) => {
      setProblem(problemOf(error));
      setBusy(false);
      key.current = newKey();
    });
  };
  const old = before.files.some((each) => each.name === file);
  const others = files.length - 1;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="force-title" onCancel={(event) => {
      event.preventDefault();
      close();
    }}>
      <form onSubmit={act}>
        <h2 id="force-title">Put {file} in force?</h2>
        <p>{old ? `It replaces the ${file} that is there.` : 'It is a new file.'}
          {' '}{others === 0 ? 'There is no other.'
            : others === 1 ? 'One other file stays as it is.'
              : `${others} other files stay as they are.`}</p>
        <p>{would.changed.length === 0 ? 'No rollout changes by it.'
          : `New or different: ${would.changed.join(', ')}.`} Releases under way keep what they
          began with.</p>
        {problem && <ProblemBox problem={problem} />}
        <div class="buttons">
          <button type="button" ref={cancel} onClick={close}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Asked …' : 'Put in force'}</button>
        </div>
      </form>
    </dialog>
  );
}
