//! Module.
const std = @import("std");
const B = @import("b.zig").B;
/// Says S.
pub const S = struct {
    a: u8 = 1,
    b: ?*const T,
    pub fn init(x: u8) !S { return .{ .a = x }; }
};
const En = enum(u8) { u, v };
const Un = union(enum) { x: i32 };
/// Says f.
pub fn f(comptime T: type, p: []const u8) E!void {
    var c: usize = 0;
    if (c > 1 and c < 2) { c += 1; } else while (true) : (c += 1) { break; }
    for (p) |q, i| { std.debug.print("{}", .{q}); _ = i; }
    switch (c) { 0 => g(c), else => unreachable, }
    const d = try h(c) catch |err| return err;
    defer d.deinit();
}
test "x" { try std.testing.expect(true); }
extern fn ex() void;
