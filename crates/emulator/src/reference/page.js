"use strict";

// The renderer has a dark form, which a class switches on; the system says when.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Bounds, beside the name of a parameter.
  showCommonExtensions: true,
  defaultModelsExpandDepth: 0,
  // Nothing is asked of anybody else, not even whether the document is valid.
  validatorUrl: null,
});
