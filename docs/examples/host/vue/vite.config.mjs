import vue from "@vitejs/plugin-vue";

/** Vue has to be told which tags are not components of its own. */
const isCustomElement = (tag) => tag === "porthole-inbox";

export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } })],
};
