import { CommandError, notImplemented } from '../errors.ts';
import { accumulatorOperators } from './accumulator-operators.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { arrayOperators } from './arrays.ts';
import { logicOperators } from './logic.ts';
import { objectOperators } from './objects.ts';
import type { Operator } from './scope.ts';
import { stringOperators } from './strings.ts';

const operators = new Map(
  Object.entries({
    ...accumulatorOperators,
    ...arithmeticOperators,
    ...arrayOperators,
    ...logicOperators,
    ...objectOperators,
    ...stringOperators,
  }),
);

/** Operators of expressions that MongoDB 8.0 has and this engine has not. */
const missing = new Set(
  `$accumulator $acos $acosh $allElementsTrue $anyElementTrue $arrayToObject $asin $asinh $atan $atan2 $atanh $binarySize
$bitAnd $bitNot $bitOr $bitXor $bottom $bottomN $bsonSize $convert $cos $cosh $covariancePop $covarianceSamp $dateAdd
$dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek
$dayOfYear $degreesToRadians $denseRank $derivative $documentNumber $exp $expMovingAvg $firstN $function $hour
$indexOfArray $indexOfBytes $indexOfCP $integral $isoDayOfWeek $isoWeek $isoWeekYear $lastN $linearFill $ln $locf $log
$log10 $ltrim $maxN $median $meta $millisecond $minN $minute $month $objectToArray $percentile $pow $radiansToDegrees
$range $rank $reduce $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne $reverseArray $rtrim $sampleRate
$second $setDifference $setEquals $setIntersection $setIsSubset $setUnion $shift $sigmoid $sin $sinh $sortArray $split
$sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP $strcasecmp $substr $substrBytes $substrCP $tan $tanh $toBool
$toDate $toDecimal $toDouble $toHashedIndexKey $toInt $toLong $toLower $toObjectId $toString $toUUID $toUpper $top
$topN $trim $tsIncrement $tsSecond $week $year $zip`.split(/\s+/),
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
