// Who you are to serin, what this browser remembers, and the tokens of others.
import {useState} from 'preact/hooks';
import {post, remove, setToken, token} from '../api/client';
import type {Token, Whoami} from '../api/types';
import {useSetting, useTitle} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {useLoad, useWork} from '../ui/loading';
import {CopyText, Facts, ProblemBox, Time} from '../ui/parts';
import {Shown} from '../ui/shown';

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
        <Shown of={who} label="who you are" rows={1}>
          {(you) => <Facts items={[
            ['Known as', you.actor],
            ['Role', you.role],
            ['May promote while a metric says worse', you.override ? 'yes' : 'no'],
          ]} />}
        </Shown>
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
  const made = useWork<string>();
  const revoked = useWork<void>();
  const create = (event: Event) => {
    event.preventDefault();
    made.run(async () => {
      const {token: text} = await post<{token: string}>('tokens', {name, role});
      setName('');
      tokens.reload();
      return text;
    });
  };
  const revoke = (id: string) => revoked.run(async () => {
    await remove(`tokens/${encodeURIComponent(id)}`);
    tokens.reload();
  });
  const columns: Column<Token>[] = [
    {title: 'Name', head: true,
      cell: (item) => <>{item.name} <span class="dim">{item.id}</span></>},
    {title: 'Role', cell: (item) => `${item.role}${item.override ? ', override' : ''}`},
    {title: 'Made', cell: (item) => <Time at={item.created} full />},
    {title: 'Expires', cell: (item) => item.expires ? <Time at={item.expires} full /> : 'never'},
    {title: 'Revoke', cell: (item) => (
      <button type="button" class="small danger-quiet" disabled={revoked.working}
        onClick={() => revoke(item.id)}>Revoke {item.name}</button>
    )},
  ];
  const problem = made.problem ?? revoked.problem;
  return (
    <section class="card" aria-labelledby="tokens-title">
      <h2 id="tokens-title">Tokens</h2>
      {!admin && <p class="dim">Tokens are an administrator’s matter. On the machine itself:{' '}
        <CopyText value="serin token create NAME --role operator" /></p>}
      {problem && <ProblemBox problem={problem} />}
      {made.result && (
        <div class="box good">
          <p>The new token, shown this once: <CopyText value={made.result}
            label="Copy the token" /></p>
        </div>
      )}
      {admin && (
        <Shown of={tokens} label="tokens" rows={2}
          empty={<p class="dim">There is none yet.</p>}>
          {({items}) => <List label="All tokens" columns={columns} items={items}
            keyOf={(item) => item.id} />}
        </Shown>
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
          <button type="submit" disabled={!name || made.working}>Create token</button>
        </form>
      )}
    </section>
  );
}
