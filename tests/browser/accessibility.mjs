/** What axe finds on a page that is serious or critical. */

import axe from 'axe-core';

export async function serious(page) {
  // Through the debugger, because the page's policy lets no foreign script in.
  const session = await page.context().newCDPSession(page);
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await run(`${axe.source}; undefined`);
  const found = await run(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary) })))`);
  await session.detach();
  return found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
}
