"use strict";

// A class enables the dark theme of Swagger UI. It follows the setting of the system.
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
  // Shows bounds next to the name of a parameter.
  showCommonExtensions: true,
  defaultModelsExpandDepth: 0,
  // Sends no requests to other servers, not even to validate the document.
  validatorUrl: null,
});
