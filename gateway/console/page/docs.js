/** Shows the OpenAPI document. To read, not to call: the public origin is another one. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

// The bundle is a script that leaves its function in the window.
Reflect.get(
  window,
  'SwaggerUIBundle',
)({
  url: '/openapi.json',
  dom_id: '#docs',
  supportedSubmitMethods: [],
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
