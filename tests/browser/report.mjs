/** Reports what failed and why, and counts at the end. A test that was skipped did not show what it should. */

export default async function* report(source) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    // Suites and files say again what their tests have said.
    const whole = data.details?.type === 'suite' || data.name?.endsWith('.test.mjs');
    if (type === 'test:pass' && !whole) {
      if (data.skip === undefined) passed += 1;
      else failed += 1;
    }
    if (type === 'test:fail') {
      const { error } = data.details;
      if (whole && error?.failureType === 'subtestsFailed') continue;
      failed += 1;
      yield `FAILED ${data.name}\n${error?.cause?.stack ?? error?.cause ?? error}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}
