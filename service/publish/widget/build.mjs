// source/ → widget.js and embed.css, as they are committed and given out, here or in the folder that is named.

import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = argv[2] ?? here(".");

/** A style sheet that a module imports, as text: minified, for the shadow tree. */
const sheets = {
  name: "sheets",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: "es2022" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const common = { bundle: true, minify: true, charset: "utf8", legalComments: "none", target: "es2022" };

await build({ ...common, entryPoints: [here("source/main.ts")], outfile: `${folder}/widget.js`, format: "iife", plugins: [sheets] });
await build({ ...common, entryPoints: [here("source/embed.css")], outfile: `${folder}/embed.css` });
