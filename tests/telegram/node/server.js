// telegram-test-api with what python-telegram-bot needs and it lacks. Usage: node server.js PORT
"use strict";

const express = require("express");
const { TelegramServer } = require("telegram-test-api/lib/telegramServer");

const HOLD = 100; // ms that an empty getUpdates waits: it answers at once, and a bot would spin
const UNKNOWN = /\/(setMyCommands|deleteMyCommands|setMyDescription|setMyShortDescription|sendChatAction)$/;

const formatUpdate = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (stored) => {
  const update = formatUpdate(stored);
  if (update.callback_query) update.callback_query.chat_instance = "1";
  return update;
};

const json = express.response.json;
express.response.json = function (body) {
  const method = this.req.path.split("/").pop();
  if (body && body.ok && this.req.path.startsWith("/bot")) {
    if (method === "getMe") body.result.is_bot = true;
    if (body.result === null) body.result = true;
    if (method === "sendMessage") {
      body.result.date = Math.floor(Date.now() / 1000); // it counts in ms
      delete body.result.link_preview_options; // it gives back the form field, which is a string
      delete body.result.reply_parameters;
    }
    if (method === "getUpdates" && body.result.length === 0) {
      setTimeout(() => json.call(this, body), HOLD);
      return this;
    }
  }
  return json.call(this, body);
};

const server = new TelegramServer({ host: "127.0.0.1", port: Number(process.argv[2]), storeTimeout: 3600 });
const app = server.webServer;
const withMore = (request, response) => {
  if (!UNKNOWN.test(request.url)) return app(request, response);
  request.resume();
  response.setHeader("Content-Type", "application/json");
  return response.end('{"ok":true,"result":true}');
};
server.webServer = Object.assign(withMore, { settings: app.settings });
server.start().then(() => console.log("ready"));
