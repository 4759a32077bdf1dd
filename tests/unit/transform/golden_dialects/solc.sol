// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

uint constant LIMIT = 3;

error TooMany(uint count);

interface Shop {
    function sell(uint count) external returns (uint);
}

library Sums {
    struct Pair { uint left; uint right; }
    enum Side { Left, Right }

    function add(Pair memory pair) internal pure returns (uint sum) {
        assembly { sum := add(mload(pair), 1) }
        return pair.left + pair.right;
    }
}

/// @title A shop with a till
abstract contract Till is Shop {
    using Sums for Sums.Pair;

    event Sold(address indexed to, uint count);

    mapping(address => uint) private sold;

    constructor() { sold[msg.sender] = 1; }

    modifier limited(uint count) {
        if (count > LIMIT && count != 0) revert TooMany(count);
        _;
    }

    function sell(uint count) public virtual override limited(count) returns (uint) {
        Sums.Pair memory pair = Sums.Pair(count, sold[msg.sender]);
        sold[msg.sender]++;
        emit Sold(msg.sender, count);
        return pair.add();
    }
}
