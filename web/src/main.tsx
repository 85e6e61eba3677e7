// The dashboard: the frame around every page, and which page an address is.
import {render} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {AuditPage} from './pages/audit';
import {ComparePage} from './pages/compare';
import {HistoryPage} from './pages/history';
import {MetricPage} from './pages/metric';
import {PlanPage} from './pages/plan';
import {ReleasePage} from './pages/release';
import {ReleasesPage} from './pages/releases';
import {ReplayPage} from './pages/replay';
import {SettingsPage} from './pages/settings';
import {TargetsPage} from './pages/targets';
import {WizardPage} from './pages/wizard';
import {text} from './text/messages';
import {KeyHelp} from './ui/help';
import {useSetting} from './ui/hooks';
import {useKeys, usePrefix} from './ui/keys';
import {go, Link, Places, to, usePlace} from './ui/router';

const kPages: [string, string][] = [
  ['releases', 'Releases'],
  ['new', 'New rollout'],
  ['replays', 'Replay'],
  ['plan', 'Plan'],
  ['targets', 'Targets'],
  ['audit', 'Audit'],
  ['settings', 'Settings'],
];

function Page() {
  const {path} = usePlace();
  const [first, second, third, fourth] = path;
  if (first === undefined) return <ReleasesPage />;
  if (first === 'releases' && second && third === 'metrics' && fourth) {
    return <MetricPage key={second + fourth} id={second} name={fourth} />;
  }
  if ((first === 'releases' || first === 'runs') && second && third === undefined) {
    return <ReleasePage key={second} id={second} />;
  }
  if (first === 'rollouts' && second && third === 'compare') {
    return <ComparePage key={second} name={second} />;
  }
  if (first === 'rollouts' && second) return <HistoryPage key={second} name={second} />;
  if (second === undefined) {
    switch (first) {
      case 'releases': return <ReleasesPage />;
      case 'new': return <WizardPage />;
      case 'replays': return <ReplayPage />;
      case 'plan': return <PlanPage />;
      case 'targets': return <TargetsPage />;
      case 'audit': return <AuditPage />;
      case 'settings': return <SettingsPage />;
      default: break;
    }
  }
  return (
    <main id="content">
      <h1>No such page</h1>
      <p><Link href={to.releases}>All releases</Link></p>
    </main>
  );
}

const kThemes = ['system', 'light', 'dark'];

function Frame() {
  const {path} = usePlace();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useSetting('theme', 'system');
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const turn = () => setTheme(kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length] ?? 'system');
  const page = path[0] ?? '';
  useEffect(() => {  // on a phone not all of them fit
    document.querySelector('.top nav [aria-current]')?.scrollIntoView({block: 'nearest',
      inline: 'nearest'});
  }, [page]);
  usePrefix();
  useKeys({
    '?': () => setHelp(true),
    t: turn,
    'g r': () => go(to.releases),
    'g h': () => go(path[0] === 'rollouts' && path[1] ? to.history(path[1]) : to.releases),
    'g t': () => go('/ui/targets'),
    'g a': () => go('/ui/audit'),
    'g p': () => go('/ui/plan'),
  });
  return (
    <>
      <a class="skip" href="#content">{text.skip}</a>
      <header class="top">
        <Link href={to.releases} class="brand">serin</Link>
        <nav aria-label="Pages">
          {kPages.map(([name, title]) => (
            <Link key={name} href={`/ui/${name}`}
              {...((path[0] ?? 'releases') === name ||
                  (name === 'releases' && path[0] === 'rollouts')
                ? {'aria-current': 'page' as const} : {})}>{title}</Link>
          ))}
        </nav>
        <button type="button" class="small" onClick={turn}>Theme: {theme}</button>
        <button type="button" class="small" onClick={() => setHelp(true)}>Keys</button>
      </header>
      <Page />
      {help && <KeyHelp onClose={() => setHelp(false)} />}
    </>
  );
}

const root = document.getElementById('app');
if (root) {
  root.textContent = '';
  render(<Places><Frame /></Places>, root);
}
