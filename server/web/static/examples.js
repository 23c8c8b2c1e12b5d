// Three questions to try, about what this catalog holds.

import { getJson } from "./api.js";
import { parseRef } from "./format.js";

// For the demo organisation that comes with Cuebook; each names or means an entity of it.
const DEMO = {
  sign: "component:default/embedding-publisher",
  questions: ["What do I do when the index recall gate fails?", "Which components depend on embedding-publisher?", "Who owns home-ranker?"],
};
const GENERAL = ["Which components are in production?", "Which components have no owner?", "How do I roll back a model?"];

/** Three questions; general ones when the catalog cannot be read or has no components. */
export async function examples({ signal }) {
  try {
    const { items } = await getJson("/api/v1/entities", { query: { kind: "component", limit: 200 }, signal });
    if (items.some(({ ref }) => ref === DEMO.sign)) return DEMO.questions;
    return items.length ? about(items) : GENERAL;
  } catch {
    return GENERAL; // what is wrong is said by the notice and by the answer
  }
}

function about(items) {
  const live = [...items].sort((a, b) => Number(b.lifecycle === "production") - Number(a.lifecycle === "production"));
  const name = (at) => parseRef(live[at % live.length].ref).name;
  return [`What is ${name(0)}?`, `What depends on ${name(1)}?`, `Who owns ${name(2)}?`];
}
