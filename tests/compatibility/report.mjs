// What the scripts here share: a client of the package and the base URL that the test names, and a report of its calls.

import dns from "node:dns";
import { createRequire } from "node:module";

export const config = JSON.parse(process.argv[2]);
export const report = {};

/** A hosts entry for one process: the first versions of the package insist on a host name that ends in kapso.ai. */
function mapHost(name) {
  const lookup = dns.lookup;
  dns.lookup = (host, options, callback) => lookup(host === name ? "127.0.0.1" : host, options, callback);
}

/** Reads the package as a program does that has it among its dependencies. */
export function load(name) {
  return createRequire(import.meta.url)(name);
}

export function baseUrl(path) {
  const url = new URL(path, config.url);
  if (config.host) {
    mapHost(config.host);
    url.hostname = config.host;
  }
  return url.href;
}

/** Makes a call and reports its result, or the package's error as a program sees it; returns the result. */
export async function step(name, call) {
  try {
    const value = await call();
    report[name] = { value };
    return value;
  } catch (error) {
    const { message, httpStatus, code, category, retry } = error;
    report[name] = { error: { name: error.name, message, httpStatus, code, category, retry } };
    return undefined;
  }
}

export function finish() {
  process.stdout.write(JSON.stringify(report));
}
