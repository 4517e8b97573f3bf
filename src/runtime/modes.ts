import * as v from 'valibot'
import type { Mode, PermissionMode } from './types.ts'

export const MODES = v.picklist(['interactive', 'plan', 'autopilot'] satisfies Mode[])
export const PERMISSIONS = v.picklist(['manual', 'assisted', 'allow-all'] satisfies PermissionMode[])
