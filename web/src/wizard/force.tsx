// Puts a file that was just written into the server's configuration: first what that changes, then,
// asked once more, for good.
import {useEffect, useRef, useState} from 'preact/hooks';
import {apply, get, newKey} from '../api/client';
import type {Applied, ConfigFile, Configuration, Whoami} from '../api/types';
import {useLoad, useWork} from '../ui/loading';
import {MayNot, ProblemBox} from '../ui/parts';
import {Link, to} from '../ui/router';
import {mayOperate} from '../release/operations';

interface Asked {
  files: ConfigFile[];
  before: Configuration;
  would: Applied;
}

// `version`, `stable`: what is to be released first, and what runs now; "": not known yet.
// `wrong`: the answers it can't be written from.
export function PutInForce({name, yaml, version, stable, wrong}: {
  name: string; yaml: string; version: string; stable: string; wrong: string[];
}) {
  const who = useLoad<Whoami>('whoami').data;
  const {working, problem, result: asked, run, clear} = useWork<Asked>();
  const [done, setDone] = useState(false);
  useEffect(() => setDone(false), [yaml]);
  const file = `${name}.yaml`;
  const look = async () => {
    const before = await get<Configuration>('configuration');
    const files = [...before.files.filter((each) => each.name !== file), {name: file, text: yaml}];
    return {files, before, would: await apply(files, before.revision, 'dry')};
  };
  return (
    <>
      <p class="buttons left">
        <button type="button" class="primary"
          disabled={working || !mayOperate(who) || wrong.length > 0}
          onClick={() => run(look)}>
          Put in force …</button>
      </p>
      {wrong.length > 0 && <p class="mark bad">Look again at {wrong.join(', ')}.</p>}
      {!mayOperate(who) && <MayNot who={who} what="put it in force" />}
      {problem && <ProblemBox problem={problem} />}
      {done && (
        <p class="box good" role="status">{file} is in force. <Link
          href={to.start(name, version, stable)}>Start the first release of {name}</Link></p>
      )}
      {asked && <Confirm asked={asked} file={file} close={clear}
        done={() => {
          clear();
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
  const {working, problem, run} = useWork<void>();
  useEffect(() => {
    dialog.current?.showModal();
    cancel.current?.focus();
  }, []);
  const act = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const sent = key.current;
      key.current = newKey();  // for another press, should this one fail
      await apply(files, before.revision, 'real', sent);
      done();
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
          <button type="submit" class="primary" disabled={working}>
            {working ? 'Asked …' : 'Put in force'}</button>
        </div>
      </form>
    </dialog>
  );
}
