// Who you are to serin, what this browser remembers, and the tokens of others.
import {useState} from 'preact/hooks';
import {post, remove, setToken, token} from '../api/client';
import type {Problem, Token, Whoami} from '../api/types';
import {problemOf, useLoad, useSetting, useTitle} from '../ui/hooks';
import {CopyText, Facts, ProblemBox, Skeleton, Time} from '../ui/parts';

export function SettingsPage() {
  useTitle('Settings');
  const who = useLoad<Whoami>('whoami');
  const version = useLoad<{version: string}>('/version');
  const [theme, setTheme] = useSetting('theme', 'system');
  const [zone, setZone] = useSetting('zone', 'local');
  const [keys, setKeys] = useSetting('keys', 'on');
  const [entered, setEntered] = useState('');
  const use = (event: Event) => {
    event.preventDefault();
    setToken(entered.trim());
    setEntered('');
    who.reload();
  };
  return (
    <main id="content">
      <h1>Settings</h1>
      <section class="card" aria-labelledby="you-title">
        <h2 id="you-title">You</h2>
        {who.problem && <ProblemBox problem={who.problem} retry={who.reload} />}
        {who.data && <Facts items={[
          ['Known as', who.data.actor],
          ['Role', who.data.role],
          ['May promote while a metric says worse', who.data.override ? 'yes' : 'no'],
        ]} />}
        <form class="filters" onSubmit={use}>
          <label>Token (kept until this tab is closed)
            <input type="password" autocomplete="off" value={entered}
              onInput={(event) => setEntered(event.currentTarget.value)} />
          </label>
          <button type="submit" disabled={!entered.trim()}>Use token</button>
          {token() && <button type="button" onClick={() => {
            setToken('');
            who.reload();
          }}>Forget token</button>}
        </form>
      </section>
      <section class="card" aria-labelledby="look-title">
        <h2 id="look-title">This browser</h2>
        <div class="filters">
          <label>Colours
            <select value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
              <option value="system">as the system</option>
              <option value="light">light</option>
              <option value="dark">dark</option>
            </select>
          </label>
          <label>Times
            <select value={zone} onChange={(event) => setZone(event.currentTarget.value)}>
              <option value="local">local</option>
              <option value="utc">UTC</option>
            </select>
          </label>
          <label>Single-key shortcuts
            <select value={keys} onChange={(event) => setKeys(event.currentTarget.value)}>
              <option value="on">on</option>
              <option value="off">off</option>
            </select>
          </label>
        </div>
      </section>
      <Tokens key={`${who.data?.actor ?? ''}`} admin={who.data?.role === 'admin'} />
      <section class="card" aria-labelledby="about-title">
        <h2 id="about-title">About</h2>
        <Facts items={[
          ['serin', version.data?.version ?? '…'],
          ['Licence', 'Apache-2.0'],
          ['API', <a href="/api/v1/openapi.json">OpenAPI description</a>],
          ['Own metrics', <a href="/metrics">/metrics</a>],
        ]} />
        <p class="dim">The dashboard contains Preact and uPlot:{' '}
          <a href="/ui/licences.txt">their licences</a>.</p>
      </section>
    </main>
  );
}

function Tokens({admin}: {admin: boolean}) {
  const tokens = useLoad<{items: Token[]}>(admin ? 'tokens' : '');
  const [name, setName] = useState('');
  const [role, setRole] = useState('viewer');
  const [made, setMade] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const failed = (error: unknown) => setProblem(problemOf(error));
  const create = (event: Event) => {
    event.preventDefault();
    post<{token: string}>('tokens', {name, role}).then((answer) => {
      setMade(answer.token);
      setName('');
      tokens.reload();
    }, failed);
  };
  const revoke = (id: string) => remove(`tokens/${encodeURIComponent(id)}`)
    .then(tokens.reload, failed);
  return (
    <section class="card" aria-labelledby="tokens-title">
      <h2 id="tokens-title">Tokens</h2>
      {!admin && <p class="dim">Tokens are an administrator’s matter. On the machine itself:{' '}
        <CopyText value="serin token create NAME --role operator" /></p>}
      {problem && <ProblemBox problem={problem} />}
      {made && (
        <div class="box good">
          <p>The new token, shown this once: <CopyText value={made} label="Copy the token" /></p>
        </div>
      )}
      {admin && !tokens.data && !tokens.problem && <Skeleton rows={2} label="tokens" />}
      {tokens.problem && <ProblemBox problem={tokens.problem} retry={tokens.reload} />}
      {tokens.data && tokens.data.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tokens">
          <table>
            <thead>
              <tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Made</th>
                <th scope="col">Expires</th><th scope="col">Revoke</th></tr>
            </thead>
            <tbody>
              {tokens.data.items.map((item) => (
                <tr key={item.id}>
                  <th scope="row">{item.name} <span class="dim">{item.id}</span></th>
                  <td>{item.role}{item.override ? ', override' : ''}</td>
                  <td><Time at={item.created} full /></td>
                  <td>{item.expires ? <Time at={item.expires} full /> : 'never'}</td>
                  <td><button type="button" class="small danger-quiet"
                    onClick={() => void revoke(item.id)}>Revoke {item.name}</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {admin && (
        <form class="filters" onSubmit={create}>
          <label>Name
            <input required maxLength={100} value={name}
              onInput={(event) => setName(event.currentTarget.value)} />
          </label>
          <label>Role
            <select value={role} onChange={(event) => setRole(event.currentTarget.value)}>
              <option>viewer</option><option>operator</option><option>admin</option>
            </select>
          </label>
          <button type="submit" disabled={!name}>Create token</button>
        </form>
      )}
    </section>
  );
}
