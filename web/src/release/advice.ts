// What a person can do about a target that does not answer, by what it or the system said.

interface Advice {
  when: RegExp;
  router?: string;  // where the two differ
  metrics?: string;
  both?: string;
}

const kAdvice: Advice[] = [
  {when: /refused|ECONNREFUSED/i,
    router: 'Nothing listens there. Is the proxy running, and is its admin socket where the ' +
      'rollout says?',
    metrics: 'Nothing listens there. Is the metrics server running, at the address and port of ' +
      'the rollout?'},
  {when: /permission denied|EACCES/i,
    both: 'serin’s user may not open it: put the user into the group that owns it, or give the ' +
      'socket mode 660.'},
  {when: /no such file|ENOENT|does not exist/i,
    both: 'There is no such file: compare the path with the proxy’s configuration.'},
  {when: /time.?out|timed out|deadline|not answered for|within \d/i,
    router: 'It takes too long. Look at the proxy’s load, and at other programs that hold its ' +
      'socket.',
    metrics: 'It takes too long. Try the query there by hand; a narrower selector costs less.'},
  {when: /resolve|not known|ENOTFOUND|getaddrinfo/i,
    both: 'The name can’t be resolved on serin’s machine: check the address, and DNS.'},
  {when: /certificate|TLS|SSL/i,
    both: 'The certificate is not accepted: name its authority in the rollout, or renew it.'},
  {when: /\b40[13]\b|unauthori[sz]ed|forbidden/i,
    both: 'It wants other credentials: check the secret that the rollout names.'},
  {when: /too many series|series.*(limit|at most)/i,
    metrics: 'The selector takes in too much: name the service in it.'},
  {when: /no series|no samples|without (usable )?samples/i,
    metrics: 'It answers, but knows no such series: compare the selector and the version label ' +
      'with what the service exports.'},
];

export function adviceOf(kind: string, said: string): string {
  const side = kind === 'router' ? 'router' : 'metrics';
  const found = kAdvice.find(({when}) => when.test(said));
  return found?.[side] ?? found?.both ?? (side === 'router'
    ? 'Releases hold meanwhile. Test it from serin’s machine; its log says more.'
    : 'Releases hold meanwhile. Ask it the query by hand; serin’s log says more.');
}
