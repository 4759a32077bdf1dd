pragma solidity ^0.8.0;
import {Till as Base, LIMIT} from "./solc.sol";
import * as all from "./solc.sol";

contract Small is Base {
    function twice() external returns (uint) { return this.sell{gas: 9}(1) + all.LIMIT; }
}
