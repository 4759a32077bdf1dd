#!/usr/bin/env lua
local json = require("cjson")
local a, b = require "x.y".z, 2
--- Says f.
-- more
local function f(p, ...) local q = p.s and p.t or 1; q = 2; return q .. tostring(p:m(...)) end
function M.g(x) for i = 1, 2 do x[i] = i end for k, v in pairs(x) do print(k) end end
function M.n:h() self.w = 1; while true do break end repeat until x end
M.k = function(a) if a then elseif b then else end goto l ::l:: end
local t = { c = 1, d = function() end, [3] = 4, "e" }
glob = 5
--[[ Says r. ]]
function r() return not a end
local const <const> = 1
return M
