import { CommandError, notImplemented } from '../errors.ts';
import { accumulatorOperators } from './accumulator-operators.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { arrayOperators } from './arrays.ts';
import { conversionOperators } from './conversions.ts';
import { dateOperators } from './dates.ts';
import { logicOperators } from './logic.ts';
import { objectOperators } from './objects.ts';
import type { Operator } from './scope.ts';
import { stringOperators } from './strings.ts';

const operators = new Map(
  Object.entries({
    ...accumulatorOperators,
    ...arithmeticOperators,
    ...arrayOperators,
    ...conversionOperators,
    ...dateOperators,
    ...logicOperators,
    ...objectOperators,
    ...stringOperators,
  }),
);

/** Operators of expressions that MongoDB 8.0 has and this engine has not. */
const missing = new Set(
  `$accumulator $acos $acosh $asin $asinh $atan $atan2 $atanh $binarySize $bitAnd $bitNot $bitOr $bitXor
$bottom $bottomN $cos $cosh $covariancePop $covarianceSamp $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract
$dateToParts $dateTrunc $degreesToRadians $denseRank $derivative $documentNumber $expMovingAvg $firstN $function $integral $lastN
$linearFill $locf $maxN $median $meta $minN $percentile $radiansToDegrees $rank $regexFind $regexFindAll $regexMatch $sampleRate
$shift $sigmoid $sin $sinh $stdDevPop $stdDevSamp $tan $tanh $toHashedIndexKey $top $topN $toUUID $tsIncrement $tsSecond
$zip`.split(/\s+/),
);

/**
 * The operator of expressions with this name.
 * @throws CommandError 238 for one that MongoDB has and this engine has not, 168 for one that nobody has
 */
export function operatorNamed(name: string): Operator {
  const operator = operators.get(name);
  if (operator !== undefined) return operator;
  if (missing.has(name)) throw notImplemented(`the expression ${name} is not supported`);
  throw new CommandError(168, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
}
